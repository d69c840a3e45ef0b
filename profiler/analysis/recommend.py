"""The best measured configurations of a device under the user's limits, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from profiler.analysis import baseline as base
from profiler.analysis import explain, notes
from profiler.analysis.compare import ratio_of
from profiler.analysis.guard import choose_metric, standing
from profiler.analysis.limits import INVALID, Judged, Question, Violation, check_limits, violations
from profiler.analysis.objectives import (
    ENERGY,
    LATENCY,
    MEMORY,
    QUALITY,
    THROUGHPUT,
    better_of,
    figure_of,
    objective_named,
)
from profiler.analysis.pareto import pareto_front
from profiler.analysis.ranking import alike, ranked
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity
from profiler.records.summary import Candidate, Limits, Recommendation, Summary

MAIN_FIGURES = (
    "latency_s_per_image",
    LATENCY,
    THROUGHPUT,
    MEMORY,
    "weights_bytes",
    ENERGY,
)
"""The figures that every candidate is compared with the baseline in."""


def recommend(
    summaries: Iterable[Summary],
    device_id: str,
    objective: str = "latency",
    limits: Limits | None = None,
    *,
    model: str | None = None,
) -> Recommendation:
    """Rank what was measured on a device.

    Args:
        summaries: of any devices; the latest per cell and device.
        device_id: only cells measured on this device are considered.
        objective: "latency", "throughput", "memory", "energy" or "quality".
        limits: the user's bounds. A figure is held against them by the unfavourable end of its
            interval. Without `min_quality` a configuration may not be worse than the baseline by
            more than `guard.NON_INFERIORITY`; an explicit one replaces that rule.
        model: compare the cells of this model; by default of the one measured last.

    Returns:
        Accepted candidates by rank and rejected ones, nearest misses first. `limits` of the result
        names the quality metric that was used.

    Raises:
        InputError: nothing was measured on the device, or a limit makes no sense.
        UnknownName: the objective or the quality metric is not known.
    """
    asked = limits or Limits()
    goal = objective_named(objective)
    check_limits(asked, None)
    pool, other_models = base.comparable(base.on_device(summaries, device_id), model)
    baseline = base.find_baseline(pool, asked.resolution_px)
    size = base.compared_size(pool, baseline, asked.resolution_px)
    metric = choose_metric((s for s in pool if base.size_of(s) == size), asked)
    check_limits(asked, metric)
    question = Question(goal, asked, metric, size, baseline)

    judged = [(summary, violations(summary, question)) for summary in pool]
    accepted = _accepted([summary for summary, broken in judged if not broken], question)
    misses = _nearest_first([pair for pair in judged if pair[1]], question)
    rejected = [_miss(place, *pair, question) for place, pair in enumerate(misses, start=1)]
    return Recommendation(
        device_id=device_id,
        objective=objective,
        limits=replace(asked, quality_metric=metric.name if metric else ""),
        accepted=tuple(accepted),
        rejected=tuple(rejected),
        baseline=baseline,
        notes=tuple(notes.notes(question, pool, accepted, misses, other_models)),
    )


def _accepted(feasible: Sequence[Summary], question: Question) -> list[Candidate]:
    names = question.objective.criteria
    better = [better_of(name, question.metric) for name in names]
    criteria = [
        (lambda s, name=name: figure_of(s, name, question.metric), direction)
        for name, direction in zip(names, better, strict=True)
    ]
    order, tied = ranked(feasible, criteria, identity)
    kept = [k for k, name in enumerate(names) if any(criteria[k][0](s).available for s in feasible)]
    points = [[criteria[k][0](summary) for k in kept] for summary in order]
    front = set(pareto_front(points, [better[k] for k in kept]))
    candidates = []
    best = criteria[0][0](order[0]) if order else None
    for place, summary in enumerate(order):
        ratios = against(summary, question)
        same = best is not None and alike(criteria[0][0](summary), best)
        reasons = _reasons(summary, question, ratios)
        if tied > 1 and (same or place < tied):
            reasons.append(explain.tied(names, question.metric, place, tied))
        candidates.append(
            Candidate(
                summary=summary,
                rank=place + 1,
                reasons=tuple(reasons),
                on_pareto_front=place in front,
                tied_with_best=same and place > 0,
                against_baseline=ratios,
            )
        )
    return candidates


def _nearest_first(judged: Iterable[Judged], question: Question) -> list[Judged]:
    """By the limit that was exceeded most, then by how many were broken."""

    def distance(pair: Judged) -> tuple[object, ...]:
        summary, broken = pair
        worst = max(violation.excess for violation in broken)
        objective = figure_of(summary, question.objective.criteria[0], question.metric).value
        return worst, len(broken), objective is None, objective or 0.0, identity(summary)

    return sorted(judged, key=distance)


def _miss(
    place: int, summary: Summary, broken: Sequence[Violation], question: Question
) -> Candidate:
    same_size = base.size_of(summary) == question.size_px
    return Candidate(
        summary=summary,
        rank=place,
        against_baseline=against(summary, question) if same_size else {},
        broken_limits=tuple(violation.text for violation in broken),
    )


def identity(summary: Summary) -> tuple[str, ...]:
    """Breaks the last ties, so that the order of the input never shows; cheap where ids are set."""
    return summary.measurement_ids or (summary.cell_id,)


def against(summary: Summary, question: Question) -> dict[str, Quantity]:
    """Ratios to the baseline by figure, and of the quality metric unless it is a divergence.

    Empty where there is no baseline or one of the two failed; what neither has is left out.
    """
    other, metric = question.baseline, question.metric
    if other is None or other is summary:
        return {}
    if summary.outcome is not Outcome.OK or other.outcome is not Outcome.OK:
        return {}
    ratios = {
        name: ratio_of(figure_of(summary, name, metric), figure_of(other, name, metric))
        for name in MAIN_FIGURES
        if name in summary.figures or name in other.figures or name == LATENCY
    }
    if metric is not None and not metric.paired:
        ratios[metric.name] = ratio_of(
            figure_of(summary, QUALITY, metric), figure_of(other, QUALITY, metric)
        )
    return ratios


def _reasons(summary: Summary, question: Question, ratios: dict[str, Quantity]) -> list[str]:
    """Two or three decisive facts, the quality, what got worse, and caveats."""
    goal, metric = question.objective, question.metric
    reasons = []
    losses: list[str] = []
    if question.is_baseline(summary):
        reasons.append("the baseline itself")
    if ratios:
        gains, losses = explain.facts(goal.criteria[0], ratios)
        reasons += gains
    else:
        reasons += [
            explain.absolute_fact(name, figure_of(summary, name, metric))
            for name in dict.fromkeys((goal.criteria[0], LATENCY, MEMORY))
            if name != QUALITY
        ]
    reasons.append(_quality_reason(summary, question))
    reasons += losses
    reasons += [explain.caveat(flag) for flag in summary.validity if flag not in INVALID]
    return reasons


def _quality_reason(summary: Summary, question: Question) -> str:
    metric = question.metric
    figure = figure_of(summary, QUALITY, metric)
    if metric is None:
        return "quality was not measured"
    if question.is_baseline(summary) and metric.paired:
        return explain.is_reference(metric)
    if metric.paired:
        return explain.divergence_fact(metric, figure)
    reference = question.baseline_quality()
    if question.is_baseline(summary) or reference is None:
        return explain.absolute_fact(metric.name, figure)
    return explain.quality_fact(metric, figure, reference, standing(figure, reference, metric))
