"""The patterns of `exclude`: which cells of the product are left out, and by which pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profiler.catalogue.compression import compression
from profiler.catalogue.models import model
from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.precisions import precision
from profiler.catalogue.schedulers import scheduler
from profiler.errors import did_you_mean
from profiler.records.cell import Cell
from profiler.suite.problems import KeyPath, dotted
from profiler.suite.resolve import Resolver
from profiler.suite.units import parse_resolution

Test = Callable[[Cell], bool]

_NAMES: dict[str, Callable[[str], object]] = {
    "model": model,
    "precision": precision,
    "scheduler": scheduler,
}
_CHAINS: dict[str, Callable[[str], object]] = {
    "compression": compression,
    "optimisations": optimisation,
}
_NUMBERS = ("batch_size", "steps", "guidance", "seed")
KEYS = (*_NAMES, "weights", *_CHAINS, "resolution", *_NUMBERS)


@dataclass(frozen=True)
class Pattern:
    """One entry of `exclude`; a cell that meets every test is left out."""

    path: KeyPath
    text: str
    tests: tuple[Test, ...]

    def matches(self, cell: Cell) -> bool:
        """Does the cell meet all of it?"""
        return all(test(cell) for test in self.tests)

    @property
    def where(self) -> str:
        """`exclude[0] (precision: fp32)`."""
        return f"{dotted(self.path)} ({self.text})"


def read_patterns(entries: Sequence[Mapping[str, Any]], resolver: Resolver) -> list[Pattern]:
    """The patterns of the file; mistakes are noted."""
    patterns = []
    for i, entry in enumerate(entries):
        path: KeyPath = ("exclude", i)
        if not entry:
            resolver.problems.add(path, "an empty pattern would exclude every cell")
        tests = tuple(_any_of(key, values, (*path, key), resolver) for key, values in entry.items())
        text = ", ".join(f"{key}: {value}" for key, value in entry.items())
        patterns.append(Pattern(path, text, tests))
    return patterns


def _any_of(key: str, values: Any, path: KeyPath, resolver: Resolver) -> Test:
    """A test that one of the values holds; a single value may stand without a list."""
    if not isinstance(values, list):
        return _test(key, values, path, resolver)
    if not values:
        resolver.problems.add(path, "is empty; give at least one value")
    tests = [_test(key, value, (*path, i), resolver) for i, value in enumerate(values)]
    return lambda cell: any(test(cell) for test in tests)


def _test(key: str, value: Any, path: KeyPath, resolver: Resolver) -> Test:
    if key in _CHAINS:
        return _chain_test(key, value, path, resolver)
    if key in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            resolver.problems.add(path, f"expected a number, got {value!r}")
        return lambda cell: bool(getattr(cell, key) == value)
    if key == "resolution":
        return _resolution_test(value, path, resolver)
    if key in _NAMES or key == "weights":
        if not isinstance(value, str):
            resolver.problems.add(path, f"expected a text, got {value!r}")
        elif key in _NAMES:
            resolver.named(_NAMES[key], value, path)
        return lambda cell: bool(getattr(cell, key) == value)
    if "." in key:
        return _parameter_test(key, value, path, resolver)
    key_path = path[:3]
    resolver.problems.add(key_path, f"unknown key{did_you_mean(key, KEYS)}", key=True)
    return lambda _: False


def _chain_test(key: str, value: Any, path: KeyPath, resolver: Resolver) -> Test:
    """A name: the chain holds it; a list: the chain is exactly this; `none`: it is empty."""
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str):
            resolver.problems.add(path, f"expected the name of a method, got {name!r}")
        elif name != "none":
            resolver.named(_CHAINS[key], name, path)
    if value == "none":
        return lambda cell: not getattr(cell, key)
    if isinstance(value, list):
        return lambda cell: [use.method for use in getattr(cell, key)] == value
    return lambda cell: any(use.method == value for use in getattr(cell, key))


def _resolution_test(value: Any, path: KeyPath, resolver: Resolver) -> Test:
    try:
        wanted = parse_resolution(value)
    except ValueError as error:
        resolver.problems.add(path, str(error))
        return lambda _: False
    return lambda cell: (cell.width_px, cell.height_px) == wanted


def _parameter_test(key: str, value: Any, path: KeyPath, resolver: Resolver) -> Test:
    found = resolver.dotted(key, path[:3])
    if found is None:
        return lambda _: False
    spec, name = found
    wanted = resolver.parameter(spec, name, value, path)
    return lambda cell: any(
        use.method == spec.name and use.parameters.get(name) == wanted
        for use in (*cell.compression, *cell.optimisations)
    )
