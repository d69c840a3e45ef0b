"""A recommendation as plain JSON values, every quantity in the one shape."""

from __future__ import annotations

from typing import Any

from profiler.records.codec import to_json
from profiler.records.summary import Candidate, Recommendation
from profiler.store.plain import quantities_json, summary_json


def as_json(recommendation: Recommendation) -> dict[str, Any]:
    """The recommendation as dicts, lists, strings and finite numbers, as strict JSON wants."""
    baseline = recommendation.baseline
    return {
        "device_id": recommendation.device_id,
        "objective": recommendation.objective,
        "limits": to_json(recommendation.limits),
        "baseline": None if baseline is None else summary_json(baseline),
        "accepted": [candidate_json(candidate) for candidate in recommendation.accepted],
        "rejected": [candidate_json(candidate) for candidate in recommendation.rejected],
        "notes": list(recommendation.notes),
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """One candidate with its configuration, figures, reasons and broken limits."""
    return {
        "rank": candidate.rank,
        **summary_json(candidate.summary),
        "reasons": list(candidate.reasons),
        "on_pareto_front": candidate.on_pareto_front,
        "tied_with_best": candidate.tied_with_best,
        "against_baseline": quantities_json(candidate.against_baseline),
        "broken_limits": list(candidate.broken_limits),
    }
