"""The verdicts, and how a figure with its interval leads to one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from profiler.analysis.claims.evidence import Finding
from profiler.analysis.compare import bounds
from profiler.catalogue.claims import ABOUT, AT_LEAST, AT_MOST, Claim
from profiler.records.quantity import Evidence, Quantity, unavailable

# "about 1.2 s": set-ups differ by more than a tenth, so a fifth to either side is granted.
ABOUT_SHARE = 0.20


class Verdict(StrEnum):
    """What can be said of a claim. UNCERTAIN: the interval lies on both sides of the bound.

    UNMEASURED claims can be tested on this machine, but the cells are not in the store.
    """

    HOLDS = "holds"
    FAILS = "does not hold"
    UNCERTAIN = "cannot tell"
    UNTESTABLE = "not testable"
    UNMEASURED = "not measured"


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict: `found` tells what was measured or computed, `reason` the why."""

    claim: Claim
    verdict: Verdict
    found: str
    reason: str
    evidence: tuple[Finding, ...] = ()


def decide(quantity: Quantity, relation: str, value: float, *, exact: bool = False) -> Verdict:
    """Does the figure satisfy the relation with its whole interval?

    `exact` figures (bytes) need no interval; another one without it is not certain of anything.
    """
    if quantity.value is None:
        return Verdict.UNMEASURED
    if not exact and (quantity.low is None or quantity.high is None):
        return Verdict.UNCERTAIN
    low, high = bounds(quantity)
    least, most = _allowed(relation, value)
    if least <= low and high <= most:
        return Verdict.HOLDS
    return Verdict.FAILS if high < least or low > most else Verdict.UNCERTAIN


def _allowed(relation: str, value: float) -> tuple[float, float]:
    if relation == AT_MOST:
        return -math.inf, value
    if relation == AT_LEAST:
        return value, math.inf
    if relation == ABOUT:
        return value * (1 - ABOUT_SHARE), value * (1 + ABOUT_SHARE)
    raise ValueError(f"relation {relation!r} has no bound")


def any_of(verdicts: list[Verdict]) -> Verdict:
    """For claims that something is possible: one that holds is enough, all must fail to refute."""
    if not verdicts:
        return Verdict.UNMEASURED
    if Verdict.HOLDS in verdicts:
        return Verdict.HOLDS
    return Verdict.FAILS if set(verdicts) == {Verdict.FAILS} else Verdict.UNCERTAIN


def all_of(verdicts: list[Verdict]) -> Verdict:
    """For claims that something is so everywhere: one that fails is enough to refute."""
    if not verdicts:
        return Verdict.UNMEASURED
    if Verdict.FAILS in verdicts:
        return Verdict.FAILS
    return Verdict.HOLDS if set(verdicts) == {Verdict.HOLDS} else Verdict.UNCERTAIN


def relative_loss(value: Quantity, baseline: Quantity) -> Quantity:
    """(baseline - value) / baseline of a metric whose higher values are better; unit 1.

    The relative half widths of both intervals are added in quadrature. Both are means over the same
    prompts and seeds, so their errors are independent or go together, and the result is not too
    narrow.
    """
    if value.value is None:
        return unavailable("1", value.reason)
    if baseline.value is None:
        return unavailable("1", f"of the baseline: {baseline.reason}")
    if baseline.value <= 0:
        return unavailable("1", "the baseline has no quality that could be lost")
    ratio = value.value / baseline.value
    low = high = None
    halves = (_half(value), _half(baseline))
    if halves[0] is not None and halves[1] is not None:
        half = math.hypot(halves[0] / baseline.value, ratio * halves[1] / baseline.value)
        low, high = 1 - ratio - half, 1 - ratio + half
    return Quantity(1 - ratio, "1", low, high, Evidence.MEASURED, "mean over the same prompts")


def _half(quantity: Quantity) -> float | None:
    """The larger half width of the interval, since a metric's range may cut one side off."""
    if quantity.value is None or quantity.low is None or quantity.high is None:
        return None
    return max(quantity.value - quantity.low, quantity.high - quantity.value)
