"""Which limits a summary breaks, in words and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from profiler.analysis import explain
from profiler.analysis.compare import bounds
from profiler.analysis.guard import Standing, loss_of, margin_for, standing
from profiler.analysis.objectives import LATENCY, MEMORY, QUALITY, Objective, figure_of
from profiler.errors import InputError
from profiler.records.catalogue import MetricSpec
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity
from profiler.records.summary import Limits, Summary

INVALID = ("nan", "black", "constant")
"""Validity flags that veto a configuration; others (throttled, ...) are told as a caveat."""


UP_TO_ONE = ("prompt_alignment", "ssim")
"""Metrics that cannot exceed 1: a bound of 90 was meant as a per cent."""


@dataclass(frozen=True)
class Violation:
    """One broken limit; `excess` is relative to the limit, infinite where no distance exists."""

    text: str
    excess: float


Judged = tuple[Summary, list[Violation]]


@dataclass(frozen=True)
class Question:
    """Everything that a summary is judged by; `size_px` is (width, height)."""

    objective: Objective
    limits: Limits
    metric: MetricSpec | None
    size_px: tuple[int, int]
    baseline: Summary | None

    def is_baseline(self, summary: Summary) -> bool:
        """Is this summary what the others are compared with?"""
        return summary is self.baseline

    def baseline_quality(self) -> Quantity | None:
        """The baseline's value where the default guard applies: unpaired metric, value known."""
        if self.metric is None or self.metric.paired or self.baseline is None:
            return None
        if self.baseline.outcome is not Outcome.OK:
            return None
        quality = figure_of(self.baseline, QUALITY, self.metric)
        return quality if quality.available else None


def check_limits(limits: Limits, metric: MetricSpec | None) -> None:
    """Refuse limits that no configuration could meet, with the flag's name."""
    flags = {
        "--max-latency": limits.max_latency_s,
        "--max-memory": limits.max_memory_bytes,
        "--resolution": limits.resolution_px,
    }
    for flag, value in flags.items():
        if value is not None and not value > 0:
            raise InputError(f"{flag} must be greater than 0, not {value}")
    quality = limits.min_quality
    if quality is not None and not math.isfinite(quality):
        raise InputError(f"--min-quality must be a finite number, not {quality}")
    if quality is not None and metric is not None and metric.name in UP_TO_ONE and quality > 1:
        raise InputError(
            f"--min-quality {quality:g}: {metric.name} lies between 0 and 1; "
            f"for {quality:g} % write {quality / 100:g}"
        )


def violations(summary: Summary, question: Question) -> list[Violation]:
    """Every limit that the summary breaks; empty for a feasible one."""
    return list(_violations(summary, question))


def _violations(summary: Summary, question: Question) -> Iterator[Violation]:
    size = (summary.cell.width_px, summary.cell.height_px)
    if size != question.size_px:
        yield Violation(explain.other_size(size, question.size_px), math.inf)
    if summary.outcome is not Outcome.OK:
        yield Violation(explain.failure(summary), math.inf)
        return
    for flag in summary.validity:
        if flag in INVALID:
            yield Violation(explain.invalid(flag), math.inf)
    yield from _objective_missing(summary, question)
    limits = question.limits
    yield from _above(summary, LATENCY, "--max-latency", limits.max_latency_s, question)
    yield from _above(summary, MEMORY, "--max-memory", limits.max_memory_bytes, question)
    if limits.min_quality is not None:
        yield from _below_quality(summary, limits.min_quality, question)
    else:
        yield from _inferior(summary, question)


def _objective_missing(summary: Summary, question: Question) -> Iterator[Violation]:
    criterion = question.objective.criteria[0]
    if figure_of(summary, criterion, question.metric).available:
        return
    metric = question.metric
    reference = metric is not None and metric.paired and question.is_baseline(summary)
    if criterion == QUALITY and metric is not None and reference:
        yield Violation(explain.is_reference(metric), math.inf)
    else:
        yield Violation(explain.missing(summary, criterion, metric), math.inf)


def _above(
    summary: Summary, criterion: str, flag: str, limit: float | None, question: Question
) -> Iterator[Violation]:
    """A figure that may not exceed a limit, judged by the upper end of its interval."""
    if limit is None:
        return
    figure = figure_of(summary, criterion, question.metric)
    if figure.value is None:
        # The objective's own figure has been told already.
        if criterion != question.objective.criteria[0]:
            yield Violation(explain.missing(summary, criterion, question.metric), math.inf)
        return
    _, high = bounds(figure)
    if not high <= limit:
        yield Violation(explain.beyond(criterion, figure, high, flag, limit), high / limit - 1.0)


def _below_quality(summary: Summary, limit: float, question: Question) -> Iterator[Violation]:
    """The user's bound on quality, judged by the unfavourable end of the interval."""
    metric = question.metric
    figure = figure_of(summary, QUALITY, metric)
    if metric is not None and metric.paired and question.is_baseline(summary):
        return  # the reference does not diverge from itself
    if metric is None or figure.value is None:
        if question.objective.criteria[0] != QUALITY:
            yield Violation(explain.missing(summary, QUALITY, metric), math.inf)
        return
    low, high = bounds(figure)
    bound, short_by = (low, limit - low) if metric.better == "higher" else (high, high - limit)
    if not short_by <= 0:
        excess = short_by / abs(limit) if limit else math.inf
        yield Violation(explain.beyond(metric.name, figure, bound, "--min-quality", limit), excess)


def _inferior(summary: Summary, question: Question) -> Iterator[Violation]:
    """The default guard: not worse than the baseline by more than the margin."""
    reference, metric = question.baseline_quality(), question.metric
    if reference is None or metric is None or question.is_baseline(summary):
        return
    figure = figure_of(summary, QUALITY, metric)
    verdict = standing(figure, reference, metric)
    if verdict is Standing.UNKNOWN and question.objective.criteria[0] != QUALITY:
        yield Violation(explain.missing(summary, QUALITY, metric), math.inf)
    elif verdict is Standing.WORSE:
        margin = margin_for(metric, reference)
        loss = loss_of(figure, reference, metric.better)
        excess = loss[0] / margin - 1.0 if loss and margin else math.inf
        yield Violation(explain.inferior(metric, figure, reference, margin), excess)
