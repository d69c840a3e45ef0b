"""The pieces that an emitted script is put together from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Fragment:
    """What one method adds to a script.

    `imports` are lines at the top, `constants` blocks below them, `helpers` definitions at module
    level; equal ones are written once. `calls` are lines of `build(device)`, in which `pipe` and
    `device` are known.
    """

    imports: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def code(text: str) -> str:
    """A block of code written with the indentation of its surroundings, without it."""
    return dedent(text).strip("\n")


def unique(lines: Iterable[str]) -> list[str]:
    """Each line once, in the order of the first."""
    return list(dict.fromkeys(lines))


def literal(value: object) -> str:
    """A value as Python source, on one line; texts in double quotes where that needs no escape."""
    source = repr(value)
    if isinstance(value, str) and source[0] == "'" and '"' not in source and "\\" not in source:
        return f'"{source[1:-1]}"'
    return source
