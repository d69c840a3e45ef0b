"""Summaries for the tests of analysis: one line each."""

from __future__ import annotations

from typing import Any

from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import Summary
from tests.factories import make_cell

DEVICE = "cpu-example-2c"
MIB = 2.0**20


def variant(name: str, **changes: Any) -> Cell:
    """A compressed cell; equal names make equal cells."""
    return make_cell(compression=(MethodUse(name, ("unet",)),), **changes)


def around(value: float, unit: str, spread: float = 0.0) -> Quantity:
    """A figure with a symmetric interval of `spread` (relative), none for 0."""
    if not spread:
        return measured(value, unit)
    return measured(value, unit, value * (1 - spread), value * (1 + spread))


def summary(
    cell: Cell | str = "",
    latency_s: float | None = 1.0,
    memory: float | None = 500 * MIB,
    alignment: float | None = 0.95,
    *,
    spread: float = 0.02,
    alignment_spread: float = 0.0,
    **changes: Any,
) -> Summary:
    """An OK summary; a string names a compressed variant, "" the plain baseline cell."""
    if isinstance(cell, str):
        cell = variant(cell) if cell else make_cell()
    no = "not measured in this test"
    latency = unavailable("s", no) if latency_s is None else around(latency_s, "s", spread)
    rate = unavailable("1/s", no)
    if latency_s is not None:
        rate = around(cell.batch_size / latency_s, "1/s", spread)
    figures = {
        "latency_s_per_batch": latency,
        "latency_s_per_image": latency.scaled(1 / cell.batch_size, "s"),
        "throughput_images_per_s": rate,
        "peak_memory_bytes": unavailable("B", no) if memory is None else measured(memory, "B"),
        "energy_j_per_image": unavailable("J", "no energy sensor"),
    }
    quality = {}
    if alignment is not None:
        quality["prompt_alignment"] = around(alignment, "1", alignment_spread)
    fields: dict[str, Any] = {
        "cell": cell,
        "device_id": DEVICE,
        "environment_id": "env",
        "outcome": Outcome.OK,
        "figures": figures,
        "quality": quality,
        "started_at": "2026-11-01T02:00:00+00:00",
        **changes,
    }
    return Summary(**fields)


def failed(name: str, outcome: Outcome, failure: Failure | None, **changes: Any) -> Summary:
    """A cell without figures."""
    return summary(
        name,
        **{"outcome": outcome, "failure": failure, "figures": {}, "quality": {}, **changes},
    )
