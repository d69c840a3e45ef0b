"""Everything that one process run told, raw; nothing here is a mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from profiler.records.cell import Cell, Scalar
from profiler.records.environment import Environment
from profiler.records.quantity import Quantity


class Outcome(StrEnum):
    """How a cell ended; everything but OK is a result as well.

    NO_EFFECT: a method or optimisation did nothing. What was measured until that was known is kept.
    """

    OK = "ok"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"
    UNSUPPORTED = "unsupported"
    INVALID_OUTPUT = "invalid_output"
    NO_EFFECT = "no_effect"
    ERROR = "error"


@dataclass(frozen=True)
class Failure:
    """Where and why a cell failed. `details` may hold "signal", "bytes_asked", "traceback"."""

    stage: str
    message: str
    details: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """One phase of a cell; bounds in seconds of the monotonic clock.

    `memory` holds peaks within the phase by name: "rss", "allocated", "reserved", "process".
    """

    name: str
    start_s: float
    end_s: float
    wall_s: float
    cpu_s: float
    memory: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageRun:
    """One request for a batch of images; wall-clock seconds, `cpu_s` of the process.

    `cache` is "hit" or "miss" where a cache answers requests, else empty.
    """

    index: int
    warm: bool
    start_s: float
    end_s: float
    wall_s: float
    cpu_s: float
    text_encoder_s: float
    step_s: tuple[float, ...]
    vae_decode_s: float
    prompts: tuple[int, ...] = ()
    cache: str = ""


@dataclass(frozen=True)
class MethodEffect:
    """What one method of the chain really did to the model."""

    method: str
    components: tuple[str, ...]
    layers_touched: int
    layers_total: int
    bytes_before: int
    bytes_after: int
    wall_s: float
    details: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class OptimisationEffect:
    """What one runtime optimisation really did.

    `modules` it reached when it was switched on; `uses` counts how often it came to bear in the
    images, None where that cannot be counted. `no_effect` is the reason why it did nothing, empty
    if it did something.
    """

    method: str
    modules: int
    uses: int | None = None
    no_effect: str = ""
    details: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class WeightsReport:
    """True bytes of the weights by component: each storage once, quantiser states included."""

    components: Mapping[str, int]
    original: Mapping[str, int]
    methods: tuple[MethodEffect, ...] = ()

    @property
    def total_bytes(self) -> int:
        """All components together, after compression."""
        return sum(self.components.values())


@dataclass(frozen=True)
class Trace:
    """Telemetry beside the process: times on the monotonic clock and aligned series.

    A series value is None where a sample failed. `units` has a unit for each series,
    `missing` a reason for each sensor that could not be read at all, `failed` a reason for each
    that failed in some of the samples.
    """

    t_s: tuple[float, ...] = ()
    series: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """One process run of one cell.

    `quality` maps a metric to its mean over the prompts with interval; `validity` holds flags such
    as "nan", "black", "constant", "throttled"; `images` are SHA-256 sums of PNGs in the store, by
    prompt index; `energy` maps "energy_j_per_image" and the like; `overhead` maps names of the
    harness's own costs to seconds.
    """

    measurement_id: str
    run_id: str
    suite: str
    cell: Cell
    device_id: str
    environment: Environment
    started_at: str
    outcome: Outcome
    failure: Failure | None = None
    phases: tuple[Phase, ...] = ()
    runs: tuple[ImageRun, ...] = ()
    weights: WeightsReport | None = None
    optimisations: tuple[OptimisationEffect, ...] = ()
    trace: Trace = field(default_factory=Trace)
    energy: Mapping[str, Quantity] = field(default_factory=dict)
    quality: Mapping[str, Quantity] = field(default_factory=dict)
    validity: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    baseline_id: str = ""
    wall_s: float = 0.0
    overhead: Mapping[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Did the cell give figures that may be used?"""
        return self.outcome is Outcome.OK

    def warm_runs(self) -> tuple[ImageRun, ...]:
        """The timed runs after warm-up."""
        return tuple(run for run in self.runs if run.warm)


@dataclass(frozen=True)
class RunInfo:
    """One call of `sdprof run`: its name, suite, environment, and what the harness itself cost.

    `state` is "running", "finished", "interrupted" or "budget".
    """

    run_id: str
    name: str
    suite: str
    device_id: str
    environment: Environment
    started_at: str
    state: str = "running"
    ended_at: str = ""
    overhead: Mapping[str, Quantity] = field(default_factory=dict)
