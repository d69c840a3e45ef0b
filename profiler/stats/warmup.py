"""How many leading runs are warm-up: detected from the values, not fixed.

No run count is right for every model and device (E. Barrett et al., Virtual Machine Warmup Blows
Hot and Cold, OOPSLA 2017), so the start is moved on until the runs behind it are level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from profiler.stats.intervals import median
from profiler.stats.outliers import LIMIT, modified_z

# Two windows of this many runs are compared; fewer than _LEAST runs tell nothing.
_WINDOW = 5
_LEAST = 4
# The level is steady when the medians of the windows differ by less than this part.
SHIFT = 0.01


def warm_after(values: Sequence[float], shift: float = SHIFT) -> int:
    """How many of the first `values` (positive, in order of running) to discard as warm-up.

    The smallest start at which both hold: the medians of the next two windows of up to five runs
    agree within `shift` or within what the noise of the runs explains, and the first run is no
    outlier among those after it. At most half of the runs are discarded: what has not settled by
    then drifts, and a wide interval tells so. Under four runs nothing is discarded.
    """
    for start in range(len(values) // 2):
        rest = values[start:]
        if len(rest) < _LEAST:
            return start
        if _level(rest[: 2 * _WINDOW], shift) and not _first_stands_out(rest, shift):
            return start
    return len(values) // 2 if len(values) >= _LEAST else 0


def _level(values: Sequence[float], shift: float) -> bool:
    """Do the first and the second half have the same median, as far as the noise lets tell?"""
    half = len(values) // 2
    before, after = median(values[:half]), median(values[half:])
    # The noise is taken from neighbours, so that a trend does not count as noise. Differences of
    # neighbours vary sqrt(2) times as much as the runs; 1.4826 turns a median deviation of normal
    # noise into a standard deviation.
    steps = [abs(b - a) for a, b in pairwise(values)]
    noise = 1.4826 * median(steps) / math.sqrt(2.0)
    # Twice the standard error of a difference of two medians of `half` values.
    error = 2.0 * math.sqrt(math.pi / 2.0) * noise * math.sqrt(2.0 / half)
    return abs(before - after) <= max(shift * abs(after), error)


def _first_stands_out(values: Sequence[float], shift: float) -> bool:
    """Is the first run an outlier, and by more than `shift`?"""
    centre = median(values[1:])
    far = abs(values[0] - centre) > shift * abs(centre)
    return far and abs(modified_z(values)[0]) > LIMIT
