"""Checks the names and parameters of a suite against the catalogue, each at its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from profiler.catalogue.chains import chain_problem, optimisations_problem
from profiler.catalogue.compression import COMPRESSIONS, compression, default_components
from profiler.catalogue.optimisations import OPTIMISATIONS, optimisation
from profiler.errors import UnknownName, did_you_mean
from profiler.records.catalogue import MethodSpec, Parameter
from profiler.records.cell import MethodUse, Scalar
from profiler.suite.problems import KeyPath, Problems, shortened

Uses = tuple[MethodUse, ...]
ParameterAxes = Mapping[tuple[str, str], Sequence[Scalar]]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Asked:
    """A method as the file asks for it, before parameter axes and defaults are filled in."""

    spec: MethodSpec
    components: tuple[str, ...]
    given: Mapping[str, Scalar]

    def complete(self, more: Mapping[str, Scalar]) -> MethodUse:
        """With every parameter: what is given, then `more`, then the default."""
        values = {**self.spec.defaults(), **more, **self.given}
        return MethodUse(self.spec.name, self.components, values)

    def variants(self, axes: ParameterAxes) -> Iterator[MethodUse]:
        """One use for each combination of this method's parameter axes; what is given stays."""
        own = {
            name: values
            for (method, name), values in axes.items()
            if method == self.spec.name and name not in self.given
        }
        for combination in itertools.product(*own.values()):
            yield self.complete(dict(zip(own, combination, strict=True)))


def chain_variants(chain: Sequence[Asked], axes: ParameterAxes) -> list[Uses]:
    """The chain once for each combination of the parameter axes that concern it."""
    return list(itertools.product(*(asked.variants(axes) for asked in chain)))


class Resolver:
    """Names and parameters to specs; mistakes go into `problems`."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def named(self, find: Callable[[str], Found], name: str, path: KeyPath) -> Found | None:
        """What `find` gives for the name; None, and a problem, if there is nothing."""
        try:
            return find(name)
        except UnknownName as error:
            self.problems.add(path, str(error))
            return None

    def chain(self, entry: Any, path: KeyPath) -> tuple[Asked, ...]:
        """A value of the axis `compression`; () for "none" and where it is wrong."""
        chain = self._uses(entry, path, compression)
        if problem := chain_problem([asked.complete({}) for asked in chain]):
            self.problems.add(path, problem)
            return ()
        return chain

    def switches(self, entry: Any, path: KeyPath) -> tuple[Asked, ...]:
        """A value of the axis `optimisations`, in one order however it is written."""
        chain = self._uses(entry, path, optimisation)
        if problem := optimisations_problem([asked.complete({}) for asked in chain]):
            self.problems.add(path, problem)
            return ()
        return tuple(sorted(chain, key=lambda asked: (asked.spec.order, asked.spec.name)))

    def parameter(self, spec: MethodSpec, name: str, value: Any, path: KeyPath) -> Scalar | None:
        """The checked value of a parameter of that method; None, and a problem, if it is wrong."""
        for parameter in spec.parameters:
            if parameter.name == name:
                try:
                    return checked(parameter, value)
                except ValueError as error:
                    self.problems.add(path, str(error))
                    return None
        known = [parameter.name for parameter in spec.parameters]
        hint = did_you_mean(name, known) or "; it takes none"
        self.problems.add(path, f"unknown parameter of {spec.name}{hint}", key=True)
        return None

    def dotted(self, key: str, path: KeyPath) -> tuple[MethodSpec, str] | None:
        """`method.parameter` as the spec and the parameter's name."""
        method, _, name = key.rpartition(".")
        for find in (compression, optimisation):
            try:
                spec = find(method)
            except UnknownName:
                continue  # it may be the other kind; told below if it is neither
            if name in spec.defaults():
                return spec, name
        known = [
            f"{spec.name}.{parameter.name}"
            for spec in (*COMPRESSIONS.values(), *OPTIMISATIONS.values())
            for parameter in spec.parameters
        ]
        self.problems.add(
            path, f"unknown parameter of a method{did_you_mean(key, known)}", key=True
        )
        return None

    def _uses(
        self, entry: Any, path: KeyPath, find: Callable[[str], MethodSpec]
    ) -> tuple[Asked, ...]:
        if entry == "none":
            return ()
        if not isinstance(entry, list):
            asked = self._asked(entry, path, find)
            return (asked,) if asked else ()
        asked_all = [self._asked(item, (*path, i), find) for i, item in enumerate(entry)]
        return tuple(asked for asked in asked_all if asked)

    def _asked(self, entry: Any, path: KeyPath, find: Callable[[str], MethodSpec]) -> Asked | None:
        if entry == "none":
            self.problems.add(path, "'none' stands alone; leave it out of the list")
            return None
        if isinstance(entry, str):
            spec = self.named(find, entry, path)
            return Asked(spec, self._components(spec, None, path), {}) if spec else None
        spec = self.named(find, entry.method, (*path, "method"))
        if spec is None:
            return None
        given: dict[str, Scalar] = {}
        for name, value in entry.parameters.items():
            right = self.parameter(spec, name, value, (*path, "parameters", name))
            if right is not None:
                given[name] = right
        wanted = getattr(entry, "components", None)
        return Asked(spec, self._components(spec, wanted, (*path, "components")), given)

    def _components(
        self, spec: MethodSpec, wanted: list[str] | None, path: KeyPath
    ) -> tuple[str, ...]:
        """In the catalogue's order, so that another order in the file is not another cell."""
        if spec.kind == "optimise":
            return ()
        if wanted is None:
            return default_components(spec)
        for i, name in enumerate(wanted):
            if name not in spec.components:
                self.problems.add(
                    (*path, i),
                    f"{spec.name} has no component {name!r}{did_you_mean(name, spec.components)}",
                )
        return tuple(name for name in spec.components if name in wanted)


def checked(parameter: Parameter, value: Any) -> Scalar:
    """The value in the parameter's own type.

    Raises:
        ValueError: wrong type, not one of the choices, or out of range, in words.
    """
    right = _in_type(parameter.kind, value)
    if parameter.choices and right not in parameter.choices:
        known = [str(choice) for choice in parameter.choices]
        raise ValueError(f"{value!r} is not possible{did_you_mean(str(value), known)}")
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        if parameter.minimum is not None and right < parameter.minimum:
            raise ValueError(f"must be at least {parameter.minimum:g}, got {value!r}")
        if parameter.maximum is not None and right > parameter.maximum:
            raise ValueError(f"must be at most {parameter.maximum:g}, got {value!r}")
    return right


def _in_type(kind: str, value: Any) -> Scalar:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "float" and number:
        return float(value)
    if kind == "int" and number and float(value).is_integer():
        return int(value)
    names = {"bool": "true or false", "str": "a text", "float": "a number", "int": "a whole number"}
    raise ValueError(f"expected {names[kind]}, got {shortened(value)}")
