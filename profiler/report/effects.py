"""What each method and optimisation really did to the model, as a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.analysis.format import amount, words
from profiler.records.cell import Scalar
from profiler.records.measurement import Measurement, MethodEffect, OptimisationEffect
from profiler.report.gather import DeviceRows


def effects(device: DeviceRows, names: Mapping[str, str]) -> dict[str, Any]:
    """One row for each method of each cell whose measurement is on the page.

    `tables` is one table of rows, or none; `notes` says what is missing.
    """
    rows = [
        row
        for summary in device.summaries
        if (measurement := device.details.get(summary.cell_id)) is not None
        for row in _rows(measurement, names.get(summary.cell_id, summary.cell.label()))
    ]
    missing = sum(
        bool(s.cell.compression or s.cell.optimisations) and s.cell_id not in device.details
        for s in device.summaries
    )
    notes = [] if rows else ["No method or optimisation was applied."]
    if missing:
        notes.append(f"The details of {missing} more are in the store (sdprof results show).")
    return {"tables": [rows] if rows else [], "notes": notes}


def _rows(measurement: Measurement, name: str) -> list[dict[str, str]]:
    methods = measurement.weights.methods if measurement.weights is not None else ()
    return [
        *(_method(effect, name) for effect in methods),
        *(_optimisation(effect, name) for effect in measurement.optimisations),
    ]


def _method(effect: MethodEffect, name: str) -> dict[str, str]:
    return {
        "name": name,
        "method": f"{effect.method} on {', '.join(effect.components)}",
        "reach": f"{effect.layers_touched} of {effect.layers_total} layers",
        "bytes": f"{amount(effect.bytes_before, 'B')} to {amount(effect.bytes_after, 'B')}",
        "took": f"{effect.wall_s:.2f} s",
        "details": _details(effect.details),
    }


def _optimisation(effect: OptimisationEffect, name: str) -> dict[str, str]:
    reach = f"{effect.modules} reached"
    if effect.uses is not None:
        reach += f", used {effect.uses:,} times"
    return {
        "name": name,
        "method": effect.method,
        "reach": f"no effect: {effect.no_effect}" if effect.no_effect else reach,
        "bytes": "",
        "took": "",
        "details": _details(effect.details),
    }


def _details(details: Mapping[str, Scalar]) -> str:
    return "; ".join(f"{words(name)} {_value(name, value)}" for name, value in details.items())


def _value(name: str, value: Scalar) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if "bytes" in name:
        return amount(float(value), "B")
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
