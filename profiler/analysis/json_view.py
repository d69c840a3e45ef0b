"""A recommendation as plain JSON values, every quantity in the one shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from profiler.records.codec import to_json
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import Candidate, Recommendation, Summary


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
        "against_baseline": _quantities(candidate.against_baseline),
        "broken_limits": list(candidate.broken_limits),
    }


def summary_json(summary: Summary) -> dict[str, Any]:
    """One measured configuration: what it is, how it ended, and its figures."""
    return {
        "cell_id": summary.cell_id,
        "label": summary.cell.label(),
        "cell": to_json(summary.cell),
        "device_id": summary.device_id,
        "environment_id": summary.environment_id,
        "suite": summary.suite,
        "started_at": summary.started_at,
        "measurement_ids": list(summary.measurement_ids),
        "outcome": summary.outcome.value,
        "failure": to_json(summary.failure),
        "validity": list(summary.validity),
        "figures": _quantities(summary.figures),
        "quality": _quantities(summary.quality),
    }


def quantity_json(quantity: Quantity) -> dict[str, Any]:
    """`{"value", "unit", "low", "high", "evidence", "source", "reason"}`.

    JSON knows no infinity: such a value (the PSNR of equal images) becomes unavailable and says so,
    such a bound becomes null.
    """
    if quantity.value is not None and not math.isfinite(quantity.value):
        quantity = unavailable(quantity.unit, f"not a finite number ({quantity.value})")
    shape: dict[str, Any] = to_json(quantity)
    for bound in ("low", "high"):
        if shape[bound] is not None and not math.isfinite(shape[bound]):
            shape[bound] = None
    return shape


def _quantities(quantities: Mapping[str, Quantity]) -> dict[str, Any]:
    return {name: quantity_json(quantity) for name, quantity in quantities.items()}
