"""Made-up results of the claims suite, so that each verdict can be forced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from profiler.analysis.claims.rows import Rows
from profiler.catalogue.compression import compression
from profiler.catalogue.optimisations import optimisation
from profiler.records.cell import Cell, MethodUse, Scalar
from profiler.records.measurement import (
    Failure,
    ImageRun,
    Measurement,
    OptimisationEffect,
    Outcome,
    WeightsReport,
)
from profiler.records.quantity import measured
from profiler.store.condense import summary_of
from tests.factories import make_cell, make_measurement

WHOLE = 16_000_000


def compressed(method: str, components: tuple[str, ...] = ("unet",), **parameters: Scalar) -> Cell:
    """A tiny-sd cell with one compression."""
    values = {**compression(method).defaults(), **parameters}
    return make_cell(compression=(MethodUse(method, components, values),))


def switched(method: str) -> Cell:
    """A tiny-sd cell with one optimisation."""
    return make_cell(optimisations=(MethodUse(method, (), optimisation(method).defaults()),))


def result(
    cell: Cell,
    *,
    size: int = WHOLE,
    alignment: tuple[float, float, float] = (0.95, 0.94, 0.96),
    latency_s: float = 0.4,
    **changes: Any,
) -> Measurement:
    """A measurement of the claims suite with weights of `size` bytes and a judged quality."""
    made = make_measurement(cell, latency_s)
    value, low, high = alignment
    return replace(
        made,
        measurement_id=f"m-{cell.cell_id}",
        suite="claims",
        weights=WeightsReport({"unet": size}, {"unet": WHOLE}),
        quality={"prompt_alignment": measured(value, "1", low, high)},
        **changes,
    )


def with_effect(
    made: Measurement, method: str, details: Mapping[str, Scalar], uses: int = 1
) -> Measurement:
    """The same with what an optimisation told of itself."""
    return replace(made, optimisations=(OptimisationEffect(method, 1, uses, "", details),))


def no_effect(cell: Cell, method: str) -> Measurement:
    """A cell whose optimisation did nothing; what was measured is kept."""
    failure = Failure("score", f"{method} has no effect here: nothing is trained")
    return result(cell, outcome=Outcome.NO_EFFECT, failure=failure)


def cached(cell: Cell, hit_s: float, miss_s: float) -> Measurement:
    """A cell whose requests are answered by a cache every second time."""
    made = result(cell)
    runs: list[ImageRun] = []
    for i, run in enumerate(made.runs):
        seconds = (hit_s if i % 2 else miss_s) * (1 + i / 1000)
        runs.append(replace(run, wall_s=seconds, cache="hit" if i % 2 else "miss"))
    again = [replace(run, index=run.index + 100) for run in runs]
    return replace(made, runs=tuple(runs + again))


def rows(*measurements: Measurement, device_id: str = "cpu-x", kind: str = "cpu") -> Rows:
    """What was measured, as the judges get it."""
    return Rows(
        device_id,
        "Example CPU",
        kind,
        [summary_of(one) for one in measurements],
        {one.cell.cell_id: one for one in measurements},
    )
