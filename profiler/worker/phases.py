"""The clock of a cell: wall seconds, CPU seconds and peak memory of each phase."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from profiler.worker.events import EventWriter
from profiler.worker.faults import Injection
from profiler.worker.memory import PeakMemory


class PhaseClock:
    """Brackets each phase with its events; `current` is the phase in which a failure happens.

    CPU seconds are those of all threads of this process (`time.process_time`).
    """

    def __init__(self, events: EventWriter, memory: PeakMemory, injection: Injection) -> None:
        self._events = events
        self._memory = memory
        self._injection = injection
        self.current = "start"

    def spoil(self, images: Any) -> Any:
        """Images of the current phase, spoiled where a test asked for it."""
        return self._injection.spoil(self.current, images)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block as phase `name`; a phase that raises has no end event."""
        self.current = name
        self._memory.reset()
        self._events.send("phase_begin", phase=name)
        self._injection.at(name)
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self._memory.settle()
        cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
        self._events.send(
            "phase_end", phase=name, wall_s=wall_s, cpu_s=cpu_s, memory=self._memory.peaks()
        )
