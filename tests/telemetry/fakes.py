"""A clock that only waiting moves, an instrument that plays a function, what a process saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from profiler.records.measurement import Trace
from profiler.telemetry.instrument import Reading


class FakeClock:
    """Starts at `start`; `wait_until` jumps to the deadline, and stops at `end`."""

    def __init__(self, end: float, start: float = 0.0) -> None:
        self.time = start
        self.end = end
        self.stopped = False

    def now(self) -> float:
        return self.time

    def wait_until(self, deadline_s: float) -> bool:
        self.time = max(self.time, min(deadline_s, self.end))
        return self.time >= self.end

    def stop(self) -> None:
        self.stopped = True


class Played:
    """An instrument whose series are functions of time; reading it takes `cost_s(now)`."""

    def __init__(
        self,
        series: Mapping[str, Callable[[float], float | str]],
        clock: FakeClock | None = None,
        cost_s: Callable[[float], float] = lambda _: 0.0,
    ) -> None:
        self.units = dict.fromkeys(series, "x")
        self.opened = 0
        self.closed = 0
        self._series = series
        self._clock = clock
        self._cost_s = cost_s

    def open(self) -> None:
        self.opened += 1

    def read(self, now_s: float) -> Reading:
        if self._clock:
            self._clock.time += self._cost_s(now_s)
        return {name: function(now_s) for name, function in self._series.items()}

    def close(self) -> None:
        self.closed += 1


@dataclass(frozen=True)
class Seen:
    """What a process saw of the fake NVML."""

    trace: Trace
    info: dict[str, Any]


# The fixture `play`: configuration and settings in, what was seen out.
Play = Callable[..., Seen]
