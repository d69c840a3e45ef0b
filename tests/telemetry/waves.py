"""Made-up power over time, with its exact integral: the truth that telemetry is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from profiler.records.measurement import ImageRun, Trace

Knots = Sequence[tuple[float, float]]


def power_at(knots: Knots, t: float) -> float:
    """Watts at a time, on straight lines between (seconds, watts)."""
    for (t0, p0), (t1, p1) in pairwise(knots):
        if t0 <= t <= t1:
            return p0 + (p1 - p0) * (t - t0) / (t1 - t0)
    raise ValueError(t)


def energy(knots: Knots, start: float, end: float) -> float:
    """Joules between two times, exactly."""
    times = [start, *(t for t, _ in knots if start < t < end), end]
    return math.fsum(
        (b - a) * (power_at(knots, a) + power_at(knots, b)) / 2 for a, b in pairwise(times)
    )


def as_config(knots: Knots) -> str:
    """The same wave as lines for the fake NVML, in milliwatts."""
    return "".join(f"wave power_mw {t} {1000 * p}\n" for t, p in knots)


def sampled(
    end: float,
    hz: float = 20.0,
    phase: float = 0.0,
    **series: Callable[[float], float | None],
) -> Trace:
    """A Trace of functions of time."""
    times = tuple(phase + i / hz for i in range(int((end - phase) * hz) + 1))
    return Trace(times, {name: tuple(map(f, times)) for name, f in series.items()})


def run(index: int, start: float, end: float, warm: bool = True) -> ImageRun:
    """One timed call."""
    return ImageRun(index, warm, start, end, end - start, end - start, 0.1, (0.1,), 0.1)
