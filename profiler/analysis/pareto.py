"""The Pareto front over figures with intervals: what nothing else beats for certain.

a dominates b if a's value is nowhere worse than b's, and in at least one figure a's whole interval
is better than b's whole interval. Dominance follows the order of the values, so it has no cycles
and the front is never empty; it contains the ordinary front of the values. Where a figure of one of
the two is unavailable, neither dominates: what is unknown cannot be called worse.

All pairs are compared at once with Python's long integers as bit sets: sweeping the points in the
order of one figure, "every rival that is not worse so far" is one integer, and a point's dominators
are the AND over all sweeps. For 10,000 points that is a fraction of a second, however large the
front is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from profiler.analysis.compare import bounds
from profiler.records.quantity import Quantity

_BLOCK = 4096
"""Points that are compared in one go; bounds the bit sets' memory to a few megabytes."""

# (low, value, high), negated where higher is better.
_Figure = tuple[float, float, float]
_Point = tuple[_Figure | None, ...]
_Key = Callable[[_Figure], tuple[float, int]]


def dominates(a: Sequence[Quantity], b: Sequence[Quantity], better: Sequence[str]) -> bool:
    """Does `a` dominate `b`? `better` is "lower" or "higher" for each figure."""
    pairs = list(zip(_point(a, better), _point(b, better), strict=True))
    known = [(x, y) for x, y in pairs if x is not None and y is not None]
    return (
        len(known) == len(pairs)
        and all(x[1] <= y[1] for x, y in known)
        and any(x[2] < y[0] for x, y in known)
    )


def pareto_front(points: Sequence[Sequence[Quantity]], better: Sequence[str]) -> list[int]:
    """Indices of the points that no other dominates, ascending.

    Args:
        points: the figures of each point, in one order for all.
        better: "lower" or "higher" for each figure.
    """
    rows = [_point(point, better) for point in points]
    blocks = [range(k, min(k + _BLOCK, len(rows))) for k in range(0, len(rows), _BLOCK)]
    # Each block against itself leaves few; only those have to be held against all the others.
    alive = [i for block in blocks for i in _undominated(rows, block, block)]
    front: list[int] = []
    for start in range(0, len(alive), _BLOCK):
        targets: Sequence[int] = alive[start : start + _BLOCK]
        for block in blocks if len(blocks) > 1 else ():
            targets = _undominated(rows, targets, block)
        front.extend(targets)
    return front


def _point(figures: Sequence[Quantity], better: Sequence[str]) -> _Point:
    row: list[_Figure | None] = []
    for quantity, direction in zip(figures, better, strict=True):
        # A NaN is no value that anything could be compared with.
        if quantity.value is None or math.isnan(quantity.value):
            row.append(None)
            continue
        low, high = bounds(quantity)
        value = quantity.value
        row.append((low, value, high) if direction == "lower" else (-high, -value, -low))
    return tuple(row)


def _undominated(
    rows: Sequence[_Point], targets: Sequence[int], rivals: Sequence[int]
) -> list[int]:
    """The targets that no rival dominates."""
    if not targets:
        return []
    not_worse = [(1 << len(rivals)) - 1] * len(targets)
    clearly_better = [0] * len(targets)
    for k in range(len(rows[targets[0]])):
        rival_figures, target_figures = ([rows[i][k] for i in group] for group in (rivals, targets))
        # Equal values count as not worse, touching intervals not as clearly better.
        for at, ahead in _sweep(rival_figures, target_figures, _value_first, _value_last):
            not_worse[at] &= ahead
        for at, ahead in _sweep(rival_figures, target_figures, _high_last, _low_first):
            clearly_better[at] |= ahead
    return [t for at, t in enumerate(targets) if not not_worse[at] & clearly_better[at]]


def _value_first(figure: _Figure) -> tuple[float, int]:
    return figure[1], 0


def _value_last(figure: _Figure) -> tuple[float, int]:
    return figure[1], 1


def _low_first(figure: _Figure) -> tuple[float, int]:
    return figure[0], 0


def _high_last(figure: _Figure) -> tuple[float, int]:
    return figure[2], 1


def _sweep(
    rivals: Sequence[_Figure | None],
    targets: Sequence[_Figure | None],
    rival_key: _Key,
    target_key: _Key,
) -> list[tuple[int, int]]:
    """For each target's position the bit set of the rivals whose key sorts before its own.

    A target without the figure gets the empty set, a rival without it is in none.
    """
    events = [(rival_key(r), False, at) for at, r in enumerate(rivals) if r is not None]
    events += [(target_key(t), True, at) for at, t in enumerate(targets) if t is not None]
    found = [(at, 0) for at, t in enumerate(targets) if t is None]
    ahead = 0
    for _, is_target, at in sorted(events):
        if is_target:
            found.append((at, ahead))
        else:
            ahead |= 1 << at
    return found
