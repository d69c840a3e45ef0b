"""Is one figure different from another: ties by overlap, ratios with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from profiler.records.quantity import Evidence, Quantity, unavailable
from profiler.stats.intervals import LEVEL, median_interval

_BEST_FIRST = tuple(Evidence)


def overlap(a: Quantity, b: Quantity) -> bool:
    """Are the two tied: do their intervals share a point?

    A figure without an interval counts as a point. Figures that are unavailable tie with nothing.
    Raises ValueError for different units.
    """
    if a.value is None or b.value is None:
        return False
    if a.unit != b.unit:
        raise ValueError(f"figures in {a.unit!r} and {b.unit!r} cannot be compared")
    a_low, a_high = _bounds(a, a.value)
    b_low, b_high = _bounds(b, b.value)
    return a_low <= b_high and b_low <= a_high


def ratio(a: Quantity, b: Quantity) -> Quantity:
    """`a` over `b` (below 1: `a` is less), with an interval where both have one, as a Quantity.

    The interval recovers the variances from the two intervals on the log scale (G. Y. Zou and
    A. Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27,
    2008): narrower than dividing the extremes, at the same level. The evidence is the weaker of
    the two. Unavailable with a reason where a figure is missing or not positive.
    """
    if a.value is None or b.value is None:
        return unavailable("1", a.reason if a.value is None else b.reason)
    if min(a.value, b.value) <= 0.0:
        return unavailable("1", f"no ratio of {a.value:g} and {b.value:g}: one is not positive")
    if a.unit != b.unit:
        raise ValueError(f"figures in {a.unit!r} and {b.unit!r} cannot be compared")
    low, high = _ratio_bounds((a.value, a.low, a.high), (b.value, b.low, b.high))
    evidence = max(a.evidence, b.evidence, key=_BEST_FIRST.index)
    return Quantity(a.value / b.value, "1", low, high, evidence, "ratio")


def ratio_of_medians(
    a: Sequence[float], b: Sequence[float], level: float = LEVEL
) -> tuple[float, float | None, float | None]:
    """Median of `a` over median of `b` with bounds, from raw positive values of two samples."""
    first, second = median_interval(a, level), median_interval(b, level)
    if min(*a, *b) <= 0.0:
        raise ValueError("a ratio of medians needs positive values")
    return first[0] / second[0], *_ratio_bounds(first, second)


def _ratio_bounds(
    a: tuple[float, float | None, float | None], b: tuple[float, float | None, float | None]
) -> tuple[float | None, float | None]:
    bounds = [x for x in (a[1], a[2], b[1], b[2]) if x is not None and x > 0.0]
    if len(bounds) < 4:
        return None, None
    a_value, b_value = math.log(a[0]), math.log(b[0])
    a_low, a_high, b_low, b_high = (math.log(bound) for bound in bounds)
    centre = a_value - b_value
    down = math.hypot(a_value - a_low, b_high - b_value)
    up = math.hypot(a_high - a_value, b_value - b_low)
    return math.exp(centre - down), math.exp(centre + up)


def _bounds(quantity: Quantity, value: float) -> tuple[float, float]:
    low = value if quantity.low is None else quantity.low
    high = value if quantity.high is None else quantity.high
    return low, high
