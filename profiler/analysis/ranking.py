"""The order of feasible candidates: by the objective, ties by the stated further criteria."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from profiler.analysis.compare import NOTICEABLE, bounds, overlap
from profiler.records.quantity import Quantity

Item = TypeVar("Item")
Criterion = tuple[Callable[[Item], Quantity], str]


def ranked(
    items: Sequence[Item],
    criteria: Sequence[Criterion[Item]],
    identity: Callable[[Item], object],
) -> tuple[list[Item], int]:
    """The items from best to worst, and how many of the first are tied in the first criterion.

    The best by value of the first criterion and all that cannot be told from it are tied: their
    intervals overlap, or they differ by less than what is noticeable (1 %, see `compare`). One
    with a wide interval does not get ahead by that of one that is better by value.
    Tied ones are ordered in the same way by the next criterion, and so on; the others follow in the
    order of their values. Where all criteria are tied, the values decide in the criteria's order,
    and `identity` last, so that the order of the input never matters.
    """

    def values(item: Item) -> tuple[object, ...]:
        return *(sort_value(get(item), better) for get, better in criteria), identity(item)

    return _ranked(items, criteria, values)


def _ranked(
    items: Sequence[Item],
    criteria: Sequence[Criterion[Item]],
    values: Callable[[Item], tuple[object, ...]],
) -> tuple[list[Item], int]:
    if len(items) < 2 or not criteria:
        return sorted(items, key=values), len(items)
    get, better = criteria[0]
    best = min((get(item) for item in items), key=lambda q: _certainty(q, better))
    apart = [
        sort_value(get(i), better) for i in items if best.available and not alike(get(i), best)
    ]
    end = min(apart, default=None)
    tied = [item for item in items if end is None or sort_value(get(item), better) < end]
    rest = [item for item in items if end is not None and sort_value(get(item), better) >= end]
    first, _ = _ranked(tied, criteria[1:], values)

    def by_value(item: Item) -> tuple[object, ...]:
        return sort_value(get(item), better), values(item)

    return first + sorted(rest, key=by_value), len(tied)


def alike(quantity: Quantity, best: Quantity) -> bool:
    """Do the intervals overlap, or the values differ by less than what is noticeable?"""
    if quantity.value is None or best.value is None:
        return False
    near = abs(quantity.value - best.value) < NOTICEABLE * abs(best.value)
    return near or overlap(quantity, best)


def _certainty(quantity: Quantity, better: str) -> tuple[float, ...]:
    """Orders by value; of equal values the one whose interval reaches least far to the bad side."""
    value = sort_value(quantity, better)
    if not math.isfinite(value):
        return value, 0.0, 0.0
    low, high = bounds(quantity)
    return (value, high, low) if better == "lower" else (value, -low, -high)


def sort_value(quantity: Quantity, better: str) -> float:
    """A value that sorts better ones first and unavailable ones last."""
    if quantity.value is None or math.isnan(quantity.value):
        return math.inf
    return quantity.value if better == "lower" else -quantity.value
