"""The errors that sdprof raises for its user; each carries what, where and the next move.

SdprofError
 +- InputError        something the user wrote is wrong: a file, a line, a flag (exit code 2)
 |   +- UnknownName   a name is not in the catalogue; the nearest ones are offered
 +- StoreError        the store cannot be opened, read or written
 +- MissingExtra      a package is not installed; the message names the extra
 +- Unsupported       a method or model cannot run here, with the reason
 +- NoEffect          a method changed nothing
 +- InvalidOutput     the model made NaN, black or constant images
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SdprofError(Exception):
    """Base of all errors with a message for the user; `exit_code` is what the command returns."""

    exit_code = 2


class InputError(SdprofError):
    """Something that the user wrote is wrong."""


class UnknownName(InputError):
    """A name that is not known; the message offers the nearest ones."""

    def __init__(self, what: str, name: str, known: Iterable[str], where: str = "") -> None:
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}unknown {what} {name!r}{did_you_mean(name, known)}")
        self.name = name


class StoreError(SdprofError):
    """The store cannot be used."""


class MissingExtra(SdprofError):
    """A package that this command needs is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"the package {package!r} is not installed; install it with: "
            f"pip install 'sdprof[{extra}]'"
        )


class Unsupported(SdprofError):
    """A method, precision or model that cannot run on this device, with the reason."""


class NoEffect(SdprofError):
    """A compression method or optimisation that changed nothing."""


class InvalidOutput(SdprofError):
    """The model produced images that cannot be right; `flag` is "nan", "black" or "constant"."""

    def __init__(self, flag: str, message: str) -> None:
        super().__init__(message)
        self.flag = flag


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` - did you mean 'x'?` or a list of what is known, ready to append to a message."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(name, choices, n=3, cutoff=0.5)
    # Weak matches beside a strong one only distract.
    near = [word for word in near if _likeness(name, word) > 0.85 * _likeness(name, near[0])]
    if near:
        return " - did you mean " + " or ".join(repr(word) for word in near) + "?"
    shown = ", ".join(choices[:12]) + (", ..." if len(choices) > 12 else "")
    return f"; known: {shown}" if choices else ""


def _likeness(name: str, word: str) -> float:
    return difflib.SequenceMatcher(None, word, name).ratio()
