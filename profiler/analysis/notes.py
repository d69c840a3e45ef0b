"""What must be said about a recommendation as a whole: what was compared, and what is not known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from profiler.analysis import explain
from profiler.analysis.baseline import size_of
from profiler.analysis.format import percent, words
from profiler.analysis.guard import margin_for
from profiler.analysis.limits import Judged, Question, Violation
from profiler.analysis.objectives import LATENCY, THROUGHPUT
from profiler.catalogue.naming import cell_label
from profiler.records.measurement import Outcome
from profiler.records.summary import Candidate, Summary


def notes(
    question: Question,
    pool: Sequence[Summary],
    accepted: Sequence[Candidate],
    misses: Sequence[Judged],
    other_models: Sequence[tuple[str, str]],
) -> Iterator[str]:
    """All notes, the most important first."""
    if not accepted:
        yield _nothing_fits(*misses[0])
    yield _compared(question, pool)
    yield from _baseline(question)
    yield from _quality(question)
    if question.objective.criteria[0] in (LATENCY, THROUGHPUT) and _batches(accepted):
        yield (
            "latency is that of a whole batch: whoever asks for one image of it waits for all; "
            "--objective throughput ranks by images per second"
        )
    yield from _failures(pool)
    environments = {summary.environment_id for summary in pool}
    if len(environments) > 1:
        yield (
            f"the cells were measured in {len(environments)} different environments "
            "(driver, packages, settings): part of a difference may come from there"
        )
    if other_models:
        names = ", ".join(f"{model} ({weights} weights)" for model, weights in other_models)
        yield f"other models with results on this device are not compared: {names}"


def _nothing_fits(nearest: Summary, broken: Sequence[Violation]) -> str:
    """The nearest miss, or the obstacle where there is no distance to speak of."""
    told = "; ".join(violation.text for violation in broken)
    label = cell_label(nearest.cell)
    if all(math.isfinite(violation.excess) for violation in broken):
        worst = max(violation.excess for violation in broken)
        return f"nothing fits: the closest misses by {percent(worst)}: {label}: {told}"
    if nearest.outcome is Outcome.OK and any(v.text.startswith("unavailable") for v in broken):
        return f"nothing can be recommended, what is asked for is not known: {label}: {told}"
    return f"nothing fits: {label}: {told}"


def _compared(question: Question, pool: Sequence[Summary]) -> str:
    count = sum(1 for summary in pool if size_of(summary) == question.size_px)
    cell = pool[0].cell
    shown = f"compared: {count} configuration{'' if count == 1 else 's'} of {cell.model}"
    if cell.weights != "embedded":
        shown += f" ({cell.weights} weights)"
    shown += f" at {explain.size_words(question.size_px)}"
    if count < len(pool):
        sizes = sorted({size_of(s) for s in pool} - {question.size_px})
        others = ", ".join(explain.size_words(size) for size in sizes)
        shown += f"; other sizes ({others}) are another product: --resolution asks for them"
    return shown


def _baseline(question: Question) -> Iterator[str]:
    if question.baseline is None:
        yield "no baseline was measured at this size: there are no ratios to it"
    elif question.baseline.outcome is not Outcome.OK:
        told, name = explain.failure(question.baseline), cell_label(question.baseline.cell)
        yield f"the baseline ({name}) {told}: there are no ratios to it"
    else:
        yield f"baseline: {cell_label(question.baseline.cell)}"


def _quality(question: Question) -> Iterator[str]:
    metric, limits = question.metric, question.limits
    if metric is None:
        if limits.min_quality is None:
            yield (
                "no quality was measured: whether a configuration keeps the pictures good "
                "is not known"
            )
        return
    if metric.paired:
        yield (
            f"{words(metric.name)} tells how far images moved from the baseline's (divergence), "
            "not how good they are; measure prompt_alignment or clip_score for quality"
        )
    if limits.min_quality is not None:
        return
    reference = question.baseline_quality()
    if reference is not None:
        margin = explain.margin_words(metric, margin_for(metric, reference))
        yield (
            f"quality guard: {words(metric.name)} at most {margin} worse than the baseline's; "
            "--min-quality sets another bound"
        )
    else:
        yield "no guard on quality was applied: the baseline's quality is not known"


def _failures(pool: Sequence[Summary]) -> Iterator[str]:
    counts = Counter(s.outcome.value for s in pool if s.outcome is not Outcome.OK)
    if counts:
        told = ", ".join(
            f"{count} {outcome.replace('_', ' ')}" for outcome, count in sorted(counts.items())
        )
        yield f"failed configurations: {told}"


def _batches(accepted: Sequence[Candidate]) -> bool:
    return any(candidate.summary.cell.batch_size > 1 for candidate in accepted)
