"""Ctrl-C: what else counts as one, and held back while something must not be cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# A service manager ends a run with SIGTERM, a terminal that is closed with SIGHUP.
_STOPS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end this block as Ctrl-C does; who ignores them (nohup) still does."""
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _STOPS:
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Raise a Ctrl-C of this block after the block is done: what has ended is to be stored.

    An exception of the block itself comes first. In other threads than the main one, where Python
    delivers no signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def note(number: int, _frame: Any) -> None:
        asked.append(number)

    # A signal that is ignored, or would end the process anyway, stays as it is.
    held = [number for number in _STOPS if callable(signal.getsignal(number))]
    before = {number: signal.signal(number, note) for number in held}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt
