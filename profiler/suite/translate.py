"""pydantic's errors as sentences, each at its line and column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from profiler.errors import did_you_mean
from profiler.suite.problems import KeyPath, Problems, shortened
from profiler.suite.source import Document

ShapeType = TypeVar("ShapeType", bound=BaseModel)

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list; write it as [value, value]",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def validated(shape: type[ShapeType], document: Document) -> ShapeType:
    """The document's data in that shape.

    Raises:
        InputError: with a line for each thing that is wrong.
    """
    problems = Problems(document)
    if document.data is None:
        problems.stop((), "the file is empty")
    if not isinstance(document.data, dict):
        problems.stop((), f"expected a mapping of keys to values, got {_told(document.data)}")
    try:
        return shape.model_validate(document.data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _note(problems, details)
        problems.raise_if_any()
        raise


def _note(problems: Problems, error: Mapping[str, Any]) -> None:
    path = _key_path(error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    if kind == "unknown_key":
        message = f"unknown key{did_you_mean(context['key'], context['known'])}"
        problems.add((*path, context["key"]), message, key=True)
    elif kind == "nothing":
        problems.add((*path, context["key"]), "has no value; give one or remove the key", key=True)
    elif kind == "missing":
        problems.add(path, f"is missing; add {path[-1]!r}")
    else:
        problems.add(path, _sentence(kind, context, error))


def _key_path(location: tuple[str | int, ...]) -> KeyPath:
    """The location that pydantic gives without the tags of alternatives."""
    return tuple(part for part in location if not str(part).startswith("<"))


def _sentence(kind: str, context: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    got = f", got {_told(error['input'])}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}{got}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"must be {words} {context[name]}{got}"
    sentences = {
        "too_short": "is empty; give at least one value",
        "string_too_short": "is empty; give a text",
        "string_pattern_mismatch": f"use small letters, digits, '.', '_' and '-' only{got}",
        "literal_error": f"must be {context.get('expected')}{got}",
        "value_error": str(context.get("error")),
    }
    return sentences.get(kind, f"{error['msg']}{got}")


def _told(value: Any) -> str:
    return "nothing" if value is None else shortened(value)
