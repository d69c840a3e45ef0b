"""One summary against another: ratios with intervals, and what may be claimed from them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from profiler.records.quantity import Evidence, Quantity, unavailable
from profiler.records.summary import FIGURES, Summary

NOTICEABLE = 0.01
"""A difference below 1 % is not claimed, however narrow the intervals are.

The fixed part of the usual A/B rule (claim only if the interval of the ratio excludes 1 and the
change exceeds 1 % or the noise floor): differences of that size come and go with placement in
memory and clock steps between processes, which the repeats within one process cannot see.
"""

_ORDER = list(Evidence)


class Verdict(StrEnum):
    """What a ratio allows to say; SAME means "no difference shown", not "shown to be equal"."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no difference shown"
    UNKNOWN = "unavailable"


@dataclass(frozen=True)
class Comparison:
    """One figure of a summary against the other's; `ratio` is first to second, unit 1."""

    figure: str
    first: Quantity
    second: Quantity
    ratio: Quantity
    verdict: Verdict


def ratio_of(first: Quantity, second: Quantity) -> Quantity:
    """`first / second` with the widest interval that both intervals allow; unit 1.

    An interval is given only where both sides have one. The evidence is the weaker of the two.
    """
    if first.value is None:
        return unavailable("1", first.reason)
    if second.value is None:
        return unavailable("1", f"of the other: {second.reason}")
    if not (math.isfinite(first.value) and math.isfinite(second.value)) or second.value == 0:
        return unavailable("1", "no ratio: a value is zero or not finite")
    low = high = None
    bounds = (first.low, first.high, second.low, second.high)
    if all(bound is not None and bound > 0 for bound in bounds):
        low = first.low / second.high  # type: ignore[operator]
        high = first.high / second.low  # type: ignore[operator]
    evidence = max(first.evidence, second.evidence, key=_ORDER.index)
    return Quantity(first.value / second.value, "1", low, high, evidence)


def verdict(ratio: Quantity, better: str) -> Verdict:
    """Is a ratio better or worse, for a figure whose `better` direction is "lower" or "higher"?

    A difference is claimed where the interval excludes 1 and the value is off by NOTICEABLE;
    without an interval the value alone decides.
    """
    if ratio.value is None:
        return Verdict.UNKNOWN
    includes_one = (
        ratio.low is not None and ratio.high is not None and ratio.low <= 1.0 <= ratio.high
    )
    if includes_one or abs(ratio.value - 1.0) < NOTICEABLE:
        return Verdict.SAME
    return Verdict.BETTER if (ratio.value < 1.0) == (better == "lower") else Verdict.WORSE


def compare(
    first: Summary, second: Summary, figures: Iterable[str] = tuple(FIGURES)
) -> dict[str, Comparison]:
    """Compare two summaries figure by figure; figures that neither has are left out."""
    compared = {}
    for name in figures:
        unit, better = FIGURES[name]
        if name not in first.figures and name not in second.figures:
            continue
        absent = unavailable(unit, "not measured")
        a, b = first.figures.get(name, absent), second.figures.get(name, absent)
        ratio = ratio_of(a, b)
        compared[name] = Comparison(name, a, b, ratio, verdict(ratio, better))
    return compared


def overlap(first: Quantity, second: Quantity) -> bool:
    """Do the two intervals touch? A missing interval counts as the bare value."""
    if first.value is None or second.value is None:
        return False
    low_1, high_1 = bounds(first)
    low_2, high_2 = bounds(second)
    return low_1 <= high_2 and low_2 <= high_1


def bounds(quantity: Quantity) -> tuple[float, float]:
    """The interval of an available quantity, the bare value where a bound is not known."""
    value = quantity.value
    if value is None:
        raise ValueError("an unavailable quantity has no bounds")
    low = value if quantity.low is None else min(quantity.low, value)
    high = value if quantity.high is None else max(quantity.high, value)
    return low, high
