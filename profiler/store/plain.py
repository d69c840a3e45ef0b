"""Summaries and quantities as plain JSON values, in the one shape of all of sdprof."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from profiler.catalogue.naming import cell_label
from profiler.records.codec import to_json
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import Summary


def summary_json(summary: Summary) -> dict[str, Any]:
    """One measured configuration: what it is, how it ended, and its figures."""
    return {
        "cell_id": summary.cell_id,
        "label": cell_label(summary.cell),
        "cell": to_json(summary.cell),
        "device_id": summary.device_id,
        "environment_id": summary.environment_id,
        "suite": summary.suite,
        "started_at": summary.started_at,
        "measurement_ids": list(summary.measurement_ids),
        "outcome": summary.outcome.value,
        "failure": to_json(summary.failure),
        "validity": list(summary.validity),
        "baseline_id": summary.baseline_id,
        "figures": quantities_json(summary.figures),
        "quality": quantities_json(summary.quality),
    }


def quantities_json(quantities: Mapping[str, Quantity]) -> dict[str, Any]:
    """Each quantity under its name."""
    return {name: quantity_json(quantity) for name, quantity in quantities.items()}


def quantity_json(quantity: Quantity) -> dict[str, Any]:
    """`{"value", "unit", "low", "high", "evidence", "source", "reason"}`, finite numbers only."""
    shape: dict[str, Any] = to_json(finite(quantity))
    return shape


def finite(quantity: Quantity) -> Quantity:
    """The quantity itself, or an unavailable one where its value is no finite number.

    JSON and most tables cannot carry infinity or NaN; a blank without a reason would be a guess.
    """
    if quantity.value is not None and not math.isfinite(quantity.value):
        return unavailable(quantity.unit, f"the value is {quantity.value}, not a finite number")
    low, high = (
        bound if bound is None or math.isfinite(bound) else None
        for bound in (quantity.low, quantity.high)
    )
    return replace(quantity, low=low, high=high)
