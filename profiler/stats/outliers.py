"""Which values lie far outside the rest: flagged for the reader, never deleted.

The modified Z score of Iglewicz & Hoaglin, How to Detect and Handle Outliers, ASQC Quality Press,
1993, on the logarithms, since a slow run is slow by a factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from profiler.stats.intervals import median

# Both constants from the book: the 75 % quantile of the normal distribution makes the median
# absolute deviation comparable with a standard deviation, and 3.5 is the recommended limit.
_NORMAL_75 = 0.6745
LIMIT = 3.5
# Where more than half of the values are equal, the mean deviation takes the place of the median
# one; this is sqrt(pi/2), its ratio to the standard deviation of normal noise.
_MEAN_DEVIATION = 1.253314
# Logarithms closer than this are equal: a clock does not tell one part in 10^9 apart.
_RESOLUTION = 1e-9


def modified_z(values: Sequence[float]) -> list[float]:
    """The modified Z score of each value, in order, on the logarithms; 0.0 where all are equal.

    Values that are not all positive have no logarithm and are scored as they are.
    """
    if not values:
        return []
    scale = [math.log(v) for v in values] if min(values) > 0.0 else list(values)
    centre = median(scale)
    away = [value - centre for value in scale]
    distances = [abs(value) for value in away]
    spread = median(distances) / _NORMAL_75
    if spread <= _RESOLUTION:
        spread = _MEAN_DEVIATION * math.fsum(distances) / len(distances)
    if spread <= _RESOLUTION:
        return [0.0] * len(values)
    return [value / spread for value in away]


def flag_outliers(values: Sequence[float], limit: float = LIMIT) -> list[bool]:
    """True for each value whose modified Z score is beyond `limit` in size, in order."""
    return [abs(score) > limit for score in modified_z(values)]
