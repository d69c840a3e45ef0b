"""Gathers what is wrong in a file, each with its place, and raises all of it as one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, Protocol

from profiler.errors import InputError

KeyPath = tuple[str | int, ...]
_SHOWN = 20


class Places(Protocol):
    """Where in a file a key path lies."""

    name: str

    def place(self, path: KeyPath, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value (or of its key) at this path."""
        ...


class Problems:
    """The mistakes found so far in one file."""

    def __init__(self, document: Places) -> None:
        self._document = document
        self._found: dict[tuple[int, int, str], None] = {}

    def add(self, path: KeyPath, message: str, *, key: bool = False) -> None:
        """Note a mistake at the value, or at the key, of this path."""
        line, column = self._document.place(path, key=key)
        where = f"{self._document.name}:{line}:{column}: "
        told = f"{dotted(path)}: {message}" if path else message
        self._found[(line, column, where + told)] = None

    def stop(self, path: KeyPath, message: str, *, key: bool = False) -> NoReturn:
        """Note a mistake and raise everything that was found."""
        self.add(path, message, key=key)
        self.raise_if_any()
        raise AssertionError("a problem was noted and not raised")

    def raise_if_any(self) -> None:
        """Raise `InputError` with a line for each mistake, in the order of the file."""
        lines = [text for _, _, text in sorted(self._found)]
        if len(lines) > _SHOWN:
            lines[_SHOWN:] = [f"... and {len(lines) - _SHOWN} more"]
        if lines:
            raise InputError("\n".join(lines))


def dotted(path: Sequence[str | int]) -> str:
    """`axes.compression[2].parameters.ratio`: a key path as text."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shortened(value: object, limit: int = 60) -> str:
    """A value as it is shown in a message."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
