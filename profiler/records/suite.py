"""What a suite file asks for, after validation."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.records.cell import Cell


@dataclass(frozen=True)
class MeasureSpec:
    """How each cell is measured.

    Repeats end when the 95 % interval of the median is within `target_relative_ci` of it (half
    width), between the two bounds. `memory_limit_bytes` caps the host memory of the process.
    """

    warmup: int = 1
    min_repeats: int = 7
    max_repeats: int = 50
    target_relative_ci: float = 0.03
    timeout_s: float = 600.0
    memory_limit_bytes: int | None = None
    sample_hz: float = 20.0
    threads: int | None = None


@dataclass(frozen=True)
class QualitySpec:
    """Which metrics are computed, over how many of the cell's prompts, and what is kept."""

    metrics: tuple[str, ...] = ()
    images: int = 8
    keep_images: int = 4


@dataclass(frozen=True)
class SuiteSpec:
    """A suite: its cells in the order of running, and the cell that others are compared with.

    Images of different models cannot be compared: `baselines` holds one more cell for each further
    model (or kind of weights) of the suite.
    """

    name: str
    schema_version: int
    description: str
    cells: tuple[Cell, ...]
    baseline: Cell | None
    measure: MeasureSpec
    quality: QualitySpec
    source: str = ""
    baselines: tuple[Cell, ...] = ()

    @property
    def all_baselines(self) -> tuple[Cell, ...]:
        """The baseline of each model, the suite's own first."""
        return (*((self.baseline,) if self.baseline else ()), *self.baselines)

    def baseline_for(self, cell: Cell) -> Cell | None:
        """The cell that this one is compared with: the baseline of its model, if another one."""
        for candidate in self.all_baselines:
            if (candidate.model, candidate.weights) == (cell.model, cell.weights):
                return None if candidate.cell_id == cell.cell_id else candidate
        return None
