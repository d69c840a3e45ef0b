"""The expressions of `--only`: `precision=bf16 and compression~int8 and batch_size<=2`.

    expression  := term ("or" term)*
    term        := factor ("and" factor)*
    factor      := "not" factor | "(" expression ")" | field operator value
    operator    := = == != ~ !~ < <= > >=      (~: the text contains the value)

Fields are those of a cell, `label`, and `method.parameter`. An empty chain is `none`; a chain's
text is its methods joined by `+`, and for `~` the parameters as well.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from profiler.catalogue.compression import all_compressions
from profiler.catalogue.optimisations import all_optimisations
from profiler.errors import InputError, did_you_mean
from profiler.records.cell import Cell, MethodUse, Scalar
from profiler.suite.units import parse_resolution

Test = Callable[[Cell], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>==|!=|!~|<=|>=|[=~<>])|(?P<bracket>[()])"""
    r"""|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s()=~<>!"']+))"""
)
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_FIELDS: dict[str, Callable[[Cell], Scalar]] = {
    "cell_id": lambda cell: cell.cell_id,
    "label": Cell.label,
    "model": lambda cell: cell.model,
    "weights": lambda cell: cell.weights,
    "precision": lambda cell: cell.precision,
    "resolution": lambda cell: f"{cell.width_px}x{cell.height_px}",
    "width": lambda cell: cell.width_px,
    "height": lambda cell: cell.height_px,
    "batch_size": lambda cell: cell.batch_size,
    "steps": lambda cell: cell.steps,
    "scheduler": lambda cell: cell.scheduler,
    "guidance": lambda cell: cell.guidance,
    "seed": lambda cell: cell.seed,
    "compression": lambda cell: _names(cell.compression),
    "optimisations": lambda cell: _names(cell.optimisations),
}
_NUMBERS = ("width", "height", "batch_size", "steps", "guidance", "seed")
_CHAINS: dict[str, Callable[[Cell], Sequence[MethodUse]]] = {
    "compression": lambda cell: cell.compression,
    "optimisations": lambda cell: cell.optimisations,
}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def matches(expression: str) -> Callable[[Cell], bool]:
    """The test that the expression describes.

    Raises:
        InputError: with the column of the mistake and what is possible there.
    """
    return _Parser(expression).parse()


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._next = 0

    def parse(self) -> Test:
        test = self._expression()
        if self._peek().kind != "end":
            raise self._error(self._peek(), "expected 'and', 'or' or the end")
        return test

    def _split(self) -> list[_Token]:
        tokens, position = [], 0
        text = self._text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                start = position + len(text[position:]) - len(text[position:].lstrip())
                raise self._error(_Token("", text[start], start + 1), "cannot read this")
            kind = str(match.lastgroup)
            tokens.append(_Token(kind, match[kind], match.start(kind) + 1))
            position = match.end()
        return [*tokens, _Token("end", "", len(text) + 1)]

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek()
        self._next += token.kind != "end"
        return token

    def _took_word(self, word: str) -> bool:
        token = self._peek()
        found = token.kind == "word" and token.text.lower() == word
        self._next += found
        return found

    def _expression(self) -> Test:
        tests = [self._term()]
        while self._took_word("or"):
            tests.append(self._term())
        return lambda cell: any(test(cell) for test in tests)

    def _term(self) -> Test:
        tests = [self._factor()]
        while self._took_word("and"):
            tests.append(self._factor())
        return lambda cell: all(test(cell) for test in tests)

    def _factor(self) -> Test:
        negations = 0
        while self._took_word("not"):
            negations += 1
        test = self._plain_factor()
        return (lambda cell: not test(cell)) if negations % 2 else test

    def _plain_factor(self) -> Test:
        token = self._take()
        if token.text == "(" and token.kind == "bracket":
            self._depth_guard()
            test = self._expression()
            closing = self._take()
            if closing.text != ")" or closing.kind != "bracket":
                raise self._error(closing, "expected ')'")
            return test
        if token.kind != "word":
            raise self._error(token, "expected a field such as precision, or '('")
        return self._comparison(token)

    def _depth_guard(self) -> None:
        if sum(token.text == "(" for token in self._tokens) > 50:
            raise self._error(self._peek(), "too many brackets")

    def _comparison(self, name: _Token) -> Test:
        field = name.text
        if field not in _FIELDS and field not in (parameters := _parameters()):
            known = parameters if "." in field else _FIELDS
            raise self._error(
                name, f"unknown field {field!r}{did_you_mean(field, known)}", told=True
            )
        sign = self._take()
        if sign.kind != "operator":
            raise self._error(sign, "expected =, !=, ~, !~, <, <=, > or >=")
        value = self._take()
        if value.kind not in ("word", "single", "double"):
            raise self._error(value, "expected a value")
        self._check_value(field, sign, value)
        if field not in _FIELDS:
            return _parameter_test(field, sign.text, value.text)
        return _field_test(field, sign.text, value.text)

    def _check_value(self, field: str, sign: _Token, value: _Token) -> None:
        """Refuse comparisons that no cell can meet."""
        if sign.text in _ORDER and field in _FIELDS and field not in (*_NUMBERS, "resolution"):
            raise self._error(sign, f"{field} is a text: use =, !=, ~ or !~")
        numeric = sign.text in _ORDER or (field in _NUMBERS and "~" not in sign.text)
        if numeric and _number(value.text) is None:
            needs = sign.text if sign.text in _ORDER else field
            raise self._error(value, f"{needs} needs a number")

    def _error(self, token: _Token, message: str, *, told: bool = False) -> InputError:
        """The mistake with its column; `told` where the message itself names what was found."""
        found = "" if told else f", found {token.text!r}" if token.text else ", found the end"
        pointer = " " * (token.column - 1) + "^"
        return InputError(
            f"--only: column {token.column}: {message}{found}\n  {self._text}\n  {pointer}"
        )


def _field_test(field: str, sign: str, wanted: str) -> Test:
    read = _FIELDS[field]
    if sign in ("~", "!~") and field in _CHAINS:
        uses = _CHAINS[field]
        return lambda cell: _compare(
            "+".join(use.label() for use in uses(cell)) or "none", sign, wanted
        )
    if field == "resolution":
        return _resolution_test(sign, wanted)
    return lambda cell: _compare(read(cell), sign, wanted)


def _resolution_test(sign: str, wanted: str) -> Test:
    """`resolution=512` means a square; with < and > the longer side is compared."""
    if sign in _ORDER:
        return lambda cell: _compare(max(cell.width_px, cell.height_px), sign, wanted)
    try:
        width, height = parse_resolution(wanted)
    except ValueError:
        return lambda cell: _compare(f"{cell.width_px}x{cell.height_px}", sign, wanted)
    text = wanted if "~" in sign else f"{width}x{height}"
    return lambda cell: _compare(f"{cell.width_px}x{cell.height_px}", sign, text)


def _parameter_test(field: str, sign: str, wanted: str) -> Test:
    """True where a method of that name is used and its parameter compares so."""
    method, _, name = field.rpartition(".")
    return lambda cell: any(
        use.method == method
        and name in use.parameters
        and _compare(use.parameters[name], sign, wanted)
        for use in (*cell.compression, *cell.optimisations)
    )


def _compare(have: Scalar, sign: str, wanted: str) -> bool:
    text = str(have).lower() if isinstance(have, bool) else str(have)
    if sign in ("~", "!~"):
        return (wanted.lower() in text.lower()) == (sign == "~")
    number = _number(wanted)
    numeric = isinstance(have, (int, float)) and not isinstance(have, bool)
    if sign in _ORDER:
        return numeric and number is not None and bool(_ORDER[sign](have, number))
    equal = have == number if numeric and number is not None else text == wanted
    return equal == (sign != "!=")


def _names(uses: Sequence[MethodUse]) -> str:
    return "+".join(use.method for use in uses) or "none"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _parameters() -> list[str]:
    """`method.parameter` of every method that is known."""
    return [
        f"{spec.name}.{parameter.name}"
        for spec in (*all_compressions().values(), *all_optimisations().values())
        for parameter in spec.parameters
    ]
