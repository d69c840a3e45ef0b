"""Median and mean of a sample with their confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from profiler.stats.student import t_quantile

LEVEL = 0.95

Interval = tuple[float, float | None, float | None]


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones; ValueError for no values."""
    if not values:
        raise ValueError("the median of no values does not exist")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    # Halves first: the sum of two huge values may not be representable.
    return ordered[middle - 1] / 2.0 + ordered[middle] / 2.0


def median_coverage(count: int, rank: int) -> float:
    """How often the `rank`-th smallest and largest of `count` values enclose the true median.

    Exact for any continuous distribution: the number of values below the median is binomial with
    probability 1/2, and the interval misses when that number is under `rank` on either side.
    """
    tail = sum(math.comb(count, below) for below in range(rank))
    return 1.0 - 2.0 * tail / (1 << count)


def median_rank(count: int, level: float = LEVEL) -> int | None:
    """The largest rank whose interval still covers with `level`; None where even 1 does not.

    At 95 % the least count is 6 (96.9 %); 7 values give [smallest, largest] at 98.4 %.
    """
    tail, best = 0, None
    for rank in range(1, count // 2 + 1):
        tail += math.comb(count, rank - 1)
        if 1.0 - 2 * tail / (1 << count) < level:
            break
        best = rank
    return best


def median_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Median, low, high by order statistics; the bounds are None where there are too few values.

    Holds for every distribution, with no assumption on its shape. Source: W. J. Conover, Practical
    Nonparametric Statistics, 3rd edition, 1999, section 3.2.
    """
    centre = median(values)
    rank = median_rank(len(values), level)
    if rank is None:
        return centre, None, None
    ordered = sorted(values)
    return centre, ordered[rank - 1], ordered[-rank]


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Mean, low, high with Student's t; the bounds are None for a single value."""
    if not values:
        raise ValueError("the mean of no values does not exist")
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return mean, None, None
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    half = t_quantile(level, count - 1) * math.sqrt(variance / count)
    return mean, mean - half, mean + half
