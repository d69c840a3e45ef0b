"""The steady clock of the sampler, behind a seam, so that no test of it sleeps."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Time, and waiting for a time, that somebody else can end."""

    def now(self) -> float:
        """Seconds on a clock that never jumps."""

    def wait_until(self, deadline_s: float) -> bool:
        """Sleep until the deadline; True where `stop` was called before or meanwhile."""

    def stop(self) -> None:
        """End the wait that is under way and all that follow; from any thread."""


class SteadyClock:
    """`time.perf_counter`, one for all processes of a Linux machine, and a sleep on an event."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds of `time.perf_counter`."""
        return time.perf_counter()

    def wait_until(self, deadline_s: float) -> bool:
        """Sleep without taking processor time; returns at once for a deadline in the past."""
        return self._stopped.wait(max(0.0, deadline_s - self.now()))

    def stop(self) -> None:
        """Wake the sleeper for good."""
        self._stopped.set()
