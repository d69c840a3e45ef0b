"""Looks names up among built-in entries first, then among those that installed packages add."""

from __future__ import annotations

import warnings
from typing import TypeVar

from profiler.errors import UnknownName

Entry = TypeVar("Entry")

_extended: set[str] = set()


def lookup(what: str, name: str, entries: dict[str, Entry], group: str, kind: type[Entry]) -> Entry:
    """The entry of that name; entry points of `group` are loaded only if it is not built in.

    Raises:
        UnknownName: no such entry, built in or installed; the nearest names are offered.
    """
    if name not in entries and not _by_alias(name, entries):
        extend(entries, group, kind)
    entry = entries.get(name) or _by_alias(name, entries)
    if entry is None:
        raise UnknownName(what, name, entries)
    return entry


def _by_alias(name: str, entries: dict[str, Entry]) -> Entry | None:
    """The entry that may be called by that name as well."""
    return next((e for e in entries.values() if name in getattr(e, "aliases", ())), None)


def extend(entries: dict[str, Entry], group: str, kind: type[Entry]) -> None:
    """Add what entry points of `group` resolve to, once per process; built-in names stay.

    A package that is broken must not take the others down: it is told as a warning and left out.
    """
    if group in _extended:
        return
    _extended.add(group)
    from importlib.metadata import entry_points

    for point in entry_points(group=group):
        try:
            spec = point.load()
        except Exception as error:  # noqa: BLE001 - foreign code; told below, the rest goes on
            warnings.warn(f"{_told(point)} cannot be loaded: {error!r}", stacklevel=2)
            continue
        name = getattr(spec, "name", None)
        if not isinstance(spec, kind) or not isinstance(name, str):
            warnings.warn(
                f"{_told(point)} is left out: it gives {type(spec).__name__}, "
                f"expected {kind.__name__}",
                stacklevel=2,
            )
        elif name in entries:
            warnings.warn(
                f"{_told(point)} is left out: the name {name!r} is taken already", stacklevel=2
            )
        else:
            entries[name] = spec


def _told(point: object) -> str:
    """How an entry point is named in a message."""
    package = getattr(getattr(point, "dist", None), "name", "an unknown package")
    return f"entry point {getattr(point, 'name', '?')!r} of {package}"
