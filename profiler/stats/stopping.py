"""When enough repeats were measured: the interval of the median is narrow, or the limit is hit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from profiler.records.suite import MeasureSpec
from profiler.stats.intervals import median_interval


def relative_half_width(values: Sequence[float]) -> float | None:
    """Half the 95 % interval of the median over the median; None where no interval exists."""
    centre, low, high = median_interval(values)
    if low is None or high is None:
        return None
    half = (high - low) / 2.0
    if half == 0.0:
        return 0.0
    return half / abs(centre) if centre else math.inf


def enough(values: Sequence[float], measure: MeasureSpec) -> bool:
    """May the repeats of a cell end after these values (seconds, in any order)?

    True when the half width of the 95 % interval of the median is within `target_relative_ci` of
    the median and at least `min_repeats` were made, or when `max_repeats` is reached. The time-out
    of the cell is the caller's.
    """
    if len(values) >= measure.max_repeats:
        return True
    if not values or len(values) < measure.min_repeats:
        return False
    width = relative_half_width(values)
    return width is not None and width <= measure.target_relative_ci
