"""Which metric stands for quality, and how much of it a quick configuration may lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from profiler.analysis.compare import bounds
from profiler.catalogue.metrics import metric as metric_named
from profiler.records.catalogue import MetricSpec
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity
from profiler.records.summary import Limits, Summary

PREFERRED = ("prompt_alignment", "clip_score", "psnr")
"""Metrics that may stand for quality, the first that was measured is taken.

Prompt alignment is judged against the truth that the prompt states. CLIP score is a learned proxy
of that. PSNR is the last resort: it tells how far an image moved from the baseline's, not whether
it became worse, so it orders candidates but rejects none unless the user sets a bound.
"""


@dataclass(frozen=True)
class Margin:
    """A tolerated loss of quality, as a share of the baseline's value where `relative`."""

    size: float
    relative: bool

    def of(self, baseline: float) -> float:
        """The loss that is tolerated against a baseline's value, in the metric's unit."""
        return self.size * abs(baseline) if self.relative else self.size


NON_INFERIORITY: Mapping[str, Margin] = {
    "prompt_alignment": Margin(0.05, relative=False),
    "clip_score": Margin(0.02, relative=True),
    "": Margin(0.02, relative=True),
}
"""The quality that a configuration may lose against the baseline when no --min-quality is given.

Prompt alignment: 5 points, one wrong attribute in four images of five attributes each; about the
smallest loss that a person who looks at a page of images notices. CLIP score: 2 % of the
baseline's. MLPerf's text-to-image gate of 0.2 % needs its 5,000 images; over dozens of prompts the
mean itself is uncertain by one or two per cent, and a narrower margin would reject by chance. Under
"" stands the margin of any other metric, by the same reasoning.

A candidate is rejected where its loss exceeds the margin by value. Where the loss is smaller but
the intervals reach beyond the margin, too few images were scored to prove it: it is kept, and says
so.
"""


class Standing(Enum):
    """How a candidate's quality stands against the baseline's."""

    WITHIN = "within the margin"
    UNPROVEN = "within the margin by value, not proven: its interval reaches beyond"
    WORSE = "worse than the margin"
    UNKNOWN = "unknown"


def choose_metric(summaries: Iterable[Summary], limits: Limits) -> MetricSpec | None:
    """The metric that stands for quality among these cells: the user's, else the first preferred.

    None where no preferred metric was measured in any cell. Raises UnknownName for a metric of the
    user's that the catalogue does not have, since its better direction cannot be known then.
    """
    if limits.quality_metric:
        return metric_named(limits.quality_metric)
    available = {
        name
        for summary in summaries
        if summary.outcome is Outcome.OK
        for name in PREFERRED
        if name in summary.quality and summary.quality[name].available
    }
    chosen = next((name for name in PREFERRED if name in available), None)
    return metric_named(chosen) if chosen else None


def loss_of(candidate: Quantity, baseline: Quantity, better: str) -> tuple[float, float] | None:
    """How much worse a candidate is than the baseline: the value, and the most it may be.

    Positive is worse. None where either is unavailable. The most is taken from the far ends of both
    intervals, which is conservative.
    """
    if candidate.value is None or baseline.value is None:
        return None
    sign = 1.0 if better == "higher" else -1.0
    low_c, high_c = bounds(candidate)
    low_b, high_b = bounds(baseline)
    worst = high_b - low_c if better == "higher" else high_c - low_b
    return sign * (baseline.value - candidate.value), worst


def margin_for(metric: MetricSpec, baseline: Quantity) -> float:
    """The tolerated loss in the metric's unit; the baseline must be available."""
    margin = NON_INFERIORITY.get(metric.name, NON_INFERIORITY[""])
    return margin.of(baseline.value or 0.0)


def standing(candidate: Quantity, baseline: Quantity, metric: MetricSpec) -> Standing:
    """Is the candidate's quality not inferior to the baseline's?"""
    loss = loss_of(candidate, baseline, metric.better)
    if loss is None:
        return Standing.UNKNOWN
    margin = margin_for(metric, baseline)
    # Means of a few images lie on a coarse grid: equal to the margin must not fail by rounding.
    tolerance = 1e-9 * max(1.0, abs(margin))
    if loss[0] > margin + tolerance:
        return Standing.WORSE
    return Standing.WITHIN if loss[1] <= margin + tolerance else Standing.UNPROVEN
