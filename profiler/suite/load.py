"""A suite by name or path; what only reading needs (pydantic) is imported when a suite is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from profiler import paths
from profiler.errors import InputError, did_you_mean
from profiler.records.suite import SuiteSpec

if TYPE_CHECKING:
    from profiler.suite.build import Explained


def shipped() -> dict[str, Path]:
    """The suites that come with sdprof: name (the file's stem) to path."""
    return {path.stem: path for path in sorted(paths.suites().glob("*.yaml"))}


def load_suite(name_or_path: str) -> SuiteSpec:
    """A shipped suite by its name, or any suite by the path of its file.

    Raises:
        InputError: nothing there, or something is wrong in it: file, line, column and key of each.
    """
    return explain(name_or_path).spec


def explain(name_or_path: str) -> Explained:
    """The suite together with the cells that its own patterns left out, and by which pattern."""
    from profiler.suite.build import read_suite

    path, told = find_suite(name_or_path)
    return read_suite(path, told)


def find_suite(name_or_path: str) -> tuple[Path, str]:
    """The file of a suite, and how it is called in messages."""
    known = shipped()
    if name_or_path in known:
        return known[name_or_path], f"suites/{known[name_or_path].name}"
    path = Path(name_or_path)
    if name_or_path and (path.suffix in (".yaml", ".yml") or len(path.parts) > 1 or path.exists()):
        return path, name_or_path
    raise InputError(
        f"unknown suite {name_or_path!r}{did_you_mean(name_or_path, known)}; "
        "or give the path of a YAML file"
    )
