"""What the harness itself costs: of each cell, and of the run as a whole."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

from profiler.orchestrate.watch import Watched
from profiler.records.measurement import Measurement, Phase
from profiler.records.quantity import Quantity, measured, unavailable

WARM_PHASE = "warm_images"


def cell_overhead(watched: Watched) -> dict[str, float]:
    """Seconds of one cell that went neither into its phases nor into a server for all cells.

    `harness_s` is the whole of it: starting the process, the steps between phases, its exit. The
    last one's `sampler_cpu_s` is processor time, spent beside the cell on another thread.
    """
    events = watched.events
    phases = sum(phase.wall_s for phase in events.phases)
    first = events.phases[0].start_s if events.phases else watched.ended_s
    last = events.last_s or watched.ended_s
    inside = sum(phase.end_s - phase.start_s for phase in events.phases)
    parts = {
        "start_s": max(first - watched.asked_s - watched.server_start_s, 0.0),
        "between_phases_s": max(last - first - inside, 0.0) if events.phases else 0.0,
        "exit_s": max(watched.ended_s - last, 0.0),
        "sampler_cpu_s": watched.sampler_cpu_s,
    }
    whole = watched.ended_s - watched.asked_s - watched.server_start_s
    return {"harness_s": max(whole - phases, 0.0), **parts}


@dataclass
class RunClock:
    """Adds up what a run spent its time on."""

    started_s: float = field(default_factory=time.perf_counter)
    started_cpu_s: float = field(default_factory=time.process_time)
    store_s: float = 0.0
    sampler_cpu_s: float = 0.0
    cells: list[float] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    timed_s: float = 0.0
    warm_up_s: float = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.started_s

    def add(self, measurement: Measurement) -> None:
        """Take one cell into the sums."""
        self.cells.append(measurement.overhead.get("harness_s", 0.0))
        self.sampler_cpu_s += measurement.overhead.get("sampler_cpu_s", 0.0)
        for phase in measurement.phases:
            self.phases[phase.name] = self.phases.get(phase.name, 0.0) + phase.wall_s
        self.timed_s += sum(run.wall_s for run in measurement.runs if run.warm)
        warm = next((p for p in measurement.phases if p.name == WARM_PHASE), None)
        self.warm_up_s += _warm_up(measurement, warm)

    def figures(self, server_start_s: float) -> dict[str, Quantity]:
        """The run's own cost by name, for `RunInfo.overhead`."""
        wall = self.elapsed_s
        # The sampler is a thread of the bench: its time is part of the bench's.
        bench = time.process_time() - self.started_cpu_s
        found = {
            "wall_s": measured(wall, "s", source="the whole run"),
            "bench_cpu_s": measured(bench, "s", source="processor time of the bench, all threads"),
            "sampler_cpu_s": measured(
                self.sampler_cpu_s, "s", source="processor time of the sampling threads"
            ),
            "timed_share": self._share(self.timed_s, wall, "timed images"),
            "import_s": measured(
                self.phases.get("import", 0.0) + server_start_s,
                "s",
                source="importing torch, diffusers and transformers",
            ),
            "warm_up_s": measured(self.warm_up_s, "s", source="images before the timed ones"),
            "store_s": measured(self.store_s, "s", source="writing into the store"),
            "per_cell_s": self._per_cell(),
        }
        names = ("load", "compress", "first_image", "quality_images", "score")
        for name in names:
            seconds = self.phases.get(name, 0.0)
            found[f"{name}_s"] = measured(seconds, "s", source="sum over the cells")
        return found

    def _share(self, part: float, wall: float, what: str) -> Quantity:
        if not self.cells:
            return unavailable("1", "no cell was run")
        return measured(part / wall, "1", source=f"share of the wall time spent in {what}")

    def _per_cell(self) -> Quantity:
        later = self.cells[1:]
        if not later:
            return unavailable("s", "fewer than two cells were run")
        source = f"median over {len(later)} cells after the first: start, between phases, exit"
        return measured(statistics.median(later), "s", source=source)


def _warm_up(measurement: Measurement, warm: Phase | None) -> float:
    if warm is None:
        return 0.0
    return sum(
        run.wall_s
        for run in measurement.runs
        if not run.warm and warm.start_s <= run.start_s < warm.end_s
    )
