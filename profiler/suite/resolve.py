"""Checks the names and parameters of a suite against the catalogue, each at its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from profiler.catalogue.chains import chain_problem, optimisations_problem
from profiler.catalogue.compression import COMPRESSIONS, compression, default_components
from profiler.catalogue.optimisations import OPTIMISATIONS, optimisation
from profiler.catalogue.precisions import PRECISIONS
from profiler.errors import UnknownName, did_you_mean
from profiler.records.catalogue import MethodSpec, Parameter
from profiler.records.cell import MethodUse, Scalar
from profiler.suite.problems import KeyPath, Problems, shortened
from profiler.suite.shape import COMPONENTS

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
        by_component = isinstance(entry, dict)
        chain = self._parts(entry, path) if by_component else self._uses(entry, path, compression)
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

    def _parts(self, entry: Mapping[str, Any], path: KeyPath) -> tuple[Asked, ...]:
        """A mapping of components to methods as a chain, in one order however it is written.

        One method with the same parameters at several components is one use with all of them.
        """
        found: dict[tuple[str, str], Asked] = {}
        for component, items in entry.items():
            if component not in COMPONENTS:
                hint = did_you_mean(component, COMPONENTS)
                self.problems.add((*path, component), f"unknown component{hint}", key=True)
                continue
            for item, where in _with_paths(items, (*path, component)):
                asked = self._part(item, component, where)
                if asked is None:
                    continue
                key = asked.spec.name, repr(sorted(asked.given.items()))
                before = found[key].components if key in found else ()
                if component in before:
                    self.problems.add(where, f"{asked.spec.name} stands here twice")
                parts = {*before, component}
                ordered = tuple(name for name in asked.spec.components if name in parts)
                found[key] = replace(asked, components=ordered)
        return tuple(
            sorted(found.values(), key=lambda a: (a.spec.order, a.spec.name, a.components))
        )

    def _part(self, item: Any, component: str, path: KeyPath) -> Asked | None:
        """One method, or a precision, for one component."""
        if item == "none":
            if isinstance(path[-1], int):
                self.problems.add(path, "'none' stands alone; leave it out of the list")
            return None
        if isinstance(item, str) and item in PRECISIONS:
            return Asked(compression("cast"), (component,), {"dtype": item})
        asked = self._asked(item, path, _method_or_precision)
        if asked is None:
            return None
        if component not in asked.spec.components:
            takes = ", ".join(asked.spec.components)
            self.problems.add(path, f"{asked.spec.name} is for {takes}, not for {component}")
            return None
        return replace(asked, components=(component,))

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


def _with_paths(items: Any, path: KeyPath) -> Iterator[tuple[Any, KeyPath]]:
    """A single item at its path, or each item of a list at its own."""
    if not isinstance(items, list):
        yield items, path
        return
    for i, item in enumerate(items):
        yield item, (*path, i)


def _method_or_precision(name: str) -> MethodSpec:
    """The method of that name; where there is none, precisions are offered as well."""
    try:
        return compression(name)
    except UnknownName:
        known = (*COMPRESSIONS, *PRECISIONS)
        raise UnknownName("compression method or precision", name, known) from None


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
