"""Images into the store, and the baseline's images for the cells that are compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from profiler.catalogue.metrics import metric
from profiler.catalogue.naming import cell_label
from profiler.records.cell import Cell
from profiler.records.measurement import Measurement, Outcome
from profiler.records.quantity import Quantity, unavailable
from profiler.records.suite import QualitySpec, SuiteSpec
from profiler.store.protocol import Store


class References:
    """The baseline's images as PNG files, once they are there; until then the reason why not."""

    def __init__(self, baseline: Cell | None, folder: Path) -> None:
        self._baseline = baseline
        self._folder = folder
        self._paths: dict[int, str] = {}
        self._reason = "the suite names no baseline"
        if baseline is not None:
            self._reason = f"the baseline ({cell_label(baseline)}) is not measured"

    def is_baseline(self, cell: Cell) -> bool:
        """Is this the cell that others are compared with?"""
        return self._baseline is not None and cell.cell_id == self._baseline.cell_id

    def take(self, measurement: Measurement, store: Store) -> None:
        """Take the baseline's measurement: its images, or the reason that there are none."""
        if measurement.outcome is not Outcome.OK:
            words = measurement.outcome.value.replace("_", " ")
            stage = f" in {measurement.failure.stage}" if measurement.failure else ""
            self._reason = f"the baseline ended with {words}{stage}"
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for index, sha256 in measurement.images.items():
            path = self._folder / f"{int(index):04d}.png"
            path.write_bytes(store.image(sha256))
            self._paths[int(index)] = str(path)
        if not self._paths:
            self._reason = "no image of the baseline is stored; measure it again with --fresh"

    def paths_for(self, cell: Cell) -> tuple[tuple[str, ...], str]:
        """PNG paths by prompt index ("" where one is missing), or none and the reason."""
        if self.is_baseline(cell):
            return (), "this is the baseline"
        if not self._paths or self._baseline is None:
            return (), self._reason
        for what, mine, its in _must_agree(cell, self._baseline):
            if mine != its:
                return (), f"the baseline has another {what}: no image pairs with this cell's"
        return tuple(self._paths.get(i, "") for i in range(max(self._paths) + 1)), ""


class ReferencesByModel:
    """The references of every model of a suite, each with its own baseline."""

    def __init__(self, spec: SuiteSpec, folder: Path) -> None:
        self._by_model = {
            (cell.model, cell.weights): References(cell, folder / cell.cell_id)
            for cell in spec.all_baselines
        }
        # For a model that is included without being one of the suite's.
        self._others = next(iter(self._by_model.values()), References(None, folder))

    def of(self, cell: Cell) -> References:
        """What this cell is compared with."""
        return self._by_model.get((cell.model, cell.weights), self._others)


def _must_agree(cell: Cell, baseline: Cell) -> tuple[tuple[str, object, object], ...]:
    return (
        ("model", cell.model, baseline.model),
        ("width", cell.width_px, baseline.width_px),
        ("height", cell.height_px, baseline.height_px),
        ("seed", cell.seed, baseline.seed),
        ("list of prompts", cell.prompts, baseline.prompts),
    )


def without_paired(quality: QualitySpec, reason: str) -> tuple[QualitySpec, dict[str, Quantity]]:
    """The settings without metrics that need the baseline, and these as unavailable.

    Where `reason` is empty there is a baseline to pair with, and nothing changes.
    """
    if not reason:
        return quality, {}
    paired = [spec for spec in map(metric, quality.metrics) if spec.paired]
    names = {spec.name for spec in paired}
    kept = tuple(name for name in quality.metrics if name not in names)
    missing = {spec.name: unavailable(spec.unit, reason) for spec in paired}
    return replace(quality, metrics=kept), missing


def kept_pngs(saved: Mapping[int, str], limit: int) -> dict[str, bytes]:
    """The first `limit` prompts' images (at least one, to show what came out), by prompt index."""
    indices = sorted(saved)[: max(limit, 1)]
    return {str(index): Path(saved[index]).read_bytes() for index in indices}
