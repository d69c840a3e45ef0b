"""Measurements condensed per cell and device, and the recommendation drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.records.cell import Cell
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import Quantity

# The figures of a summary, by name, with unit and the direction that is better.
FIGURES: Mapping[str, tuple[str, str]] = {
    "latency_s_per_image": ("s", "lower"),
    "latency_s_per_batch": ("s", "lower"),
    "throughput_images_per_s": ("1/s", "higher"),
    "peak_memory_bytes": ("B", "lower"),
    "weights_bytes": ("B", "lower"),
    "energy_j_per_image": ("J", "lower"),
    "load_s": ("s", "lower"),
    "first_image_s": ("s", "lower"),
    "text_encoder_s": ("s", "lower"),
    "denoise_s": ("s", "lower"),
    "step_s": ("s", "lower"),
    "vae_decode_s": ("s", "lower"),
    "cpu_s_per_image": ("s", "lower"),
    "compile_s": ("s", "lower"),
    "cache_hit_s": ("s", "lower"),
    "cache_miss_s": ("s", "lower"),
}


@dataclass(frozen=True)
class Summary:
    """One cell on one device: figures by the names of FIGURES, quality by metric."""

    cell: Cell
    device_id: str
    environment_id: str
    outcome: Outcome
    figures: Mapping[str, Quantity] = field(default_factory=dict)
    quality: Mapping[str, Quantity] = field(default_factory=dict)
    failure: Failure | None = None
    validity: tuple[str, ...] = ()
    measurement_ids: tuple[str, ...] = ()
    started_at: str = ""
    suite: str = ""
    baseline_id: str = ""

    @property
    def cell_id(self) -> str:
        """The content hash of the cell."""
        return self.cell.cell_id


@dataclass(frozen=True)
class Limits:
    """The user's bounds; None does not bound. `min_quality` applies to `quality_metric`."""

    max_latency_s: float | None = None
    max_memory_bytes: float | None = None
    min_quality: float | None = None
    quality_metric: str = ""
    resolution_px: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A configuration that the recommendation considered; `reasons` in words.

    `tied_with_best` says that its interval overlaps the winner's. `against_baseline` maps a figure
    to the ratio to the baseline (below 1 is less). `broken_limits` is empty for accepted ones.
    """

    summary: Summary
    rank: int
    reasons: tuple[str, ...] = ()
    on_pareto_front: bool = False
    tied_with_best: bool = False
    against_baseline: Mapping[str, Quantity] = field(default_factory=dict)
    broken_limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """The answer for one device and objective: accepted candidates by rank, and the rejected."""

    device_id: str
    objective: str
    limits: Limits
    accepted: tuple[Candidate, ...]
    rejected: tuple[Candidate, ...]
    baseline: Summary | None = None
    notes: tuple[str, ...] = ()
