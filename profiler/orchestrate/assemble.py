"""What was seen of a cell, put together as a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from profiler.orchestrate.environment import as_worker_saw
from profiler.orchestrate.overhead import cell_overhead
from profiler.orchestrate.verdict import verdict
from profiler.orchestrate.watch import Watched
from profiler.records.cell import Cell
from profiler.records.environment import Environment
from profiler.records.measurement import Failure, Measurement, Outcome, Phase, Trace
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.telemetry import energy_figures, validity_flags

_PROCESS_MEMORY = "gpu_process_memory_bytes"


@dataclass(frozen=True)
class Heading:
    """What is known of a measurement before the cell runs."""

    measurement_id: str
    run_id: str
    suite: str
    cell: Cell
    environment: Environment
    started_at: str
    baseline_id: str = ""


def assemble(
    heading: Heading,
    watched: Watched,
    torch_device: str,
    missing_quality: Mapping[str, Quantity],
) -> Measurement:
    """The measurement of a cell that ran; `missing_quality` are metrics that it was not asked for.

    Images are added by the caller, once they are in the store.
    """
    events, trace = watched.events, watched.trace
    outcome, failure = verdict(events, watched.ending)
    ok = outcome is Outcome.OK
    flags = list(events.validity)
    if ok:
        warm = [run for run in events.runs if run.warm]
        if warm:
            flags += validity_flags(trace, warm[0].start_s, warm[-1].end_s)
    return replace(
        _bare(heading, outcome, failure),
        environment=as_worker_saw(heading.environment, events.software),
        phases=tuple(_with_process_memory(phase, trace) for phase in events.phases),
        runs=tuple(events.runs),
        weights=events.weights,
        optimisations=tuple(events.optimisations),
        trace=trace,
        energy=energy_figures(trace, events.runs, heading.cell.batch_size, torch_device),
        quality={**events.quality, **missing_quality} if ok else events.quality,
        validity=tuple(dict.fromkeys(flags)),
        wall_s=watched.ended_s - watched.asked_s,
        overhead=cell_overhead(watched),
    )


def impossible(heading: Heading, reason: str) -> Measurement:
    """The measurement of a cell that the plan ruled out, so that reports can show it."""
    return _bare(heading, Outcome.UNSUPPORTED, Failure("plan", reason))


def _bare(heading: Heading, outcome: Outcome, failure: Failure | None) -> Measurement:
    return Measurement(
        measurement_id=heading.measurement_id,
        run_id=heading.run_id,
        suite=heading.suite,
        cell=heading.cell,
        device_id=heading.environment.device_id,
        environment=heading.environment,
        started_at=heading.started_at,
        outcome=outcome,
        failure=failure,
        baseline_id=heading.baseline_id,
    )


def _with_process_memory(phase: Phase, trace: Trace) -> Phase:
    """The phase with the peak of what the board says this process holds, context included."""
    reason = trace.missing.get(_PROCESS_MEMORY, "")
    peak: Quantity | None = None
    if not reason:
        inside = [
            value
            for time_s, value in zip(trace.t_s, trace.series.get(_PROCESS_MEMORY, ()), strict=False)
            if value is not None and phase.start_s <= time_s <= phase.end_s
        ]
        reason = "no sample of NVML lies in this phase"
        if inside:
            peak = measured(max(inside), "B", source=f"highest of {len(inside)} samples of NVML")
    return replace(phase, memory={**phase.memory, "process": peak or unavailable("B", reason)})
