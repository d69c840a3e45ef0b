"""What was measured on one device, and how the cells of a claim are found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from profiler.analysis.compare import ratio_of
from profiler.catalogue.models import MODELS
from profiler.catalogue.naming import method_spec
from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import Measurement, OptimisationEffect, Outcome
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import Summary

TINY, FULL = "tiny-sd", "sd15"
METRIC = "prompt_alignment"


@dataclass(frozen=True)
class Rows:
    """The summaries of a device, and whole measurements by cell id where they are needed.

    `device_kind` is a torch device type, empty where the device is not known.
    """

    device_id: str
    device_name: str
    device_kind: str
    summaries: Sequence[Summary]
    measurements: Mapping[str, Measurement] = field(default_factory=dict)

    def ok(self, model: str = TINY) -> list[Summary]:
        """The usable cells of a model, the newest first."""
        return self._usable.get(model, [])

    @cached_property
    def _usable(self) -> dict[str, list[Summary]]:
        found: dict[str, list[Summary]] = {}
        for s in sorted(self.summaries, key=lambda s: s.started_at, reverse=True):
            if s.outcome is Outcome.OK:
                found.setdefault(s.cell.model, []).append(s)
        return found

    @cached_property
    def _by_settings(self) -> dict[tuple[object, ...], Summary]:
        pairs = [(_settings(s.cell), s) for cells in self._usable.values() for s in cells]
        return dict(reversed(pairs))  # the newest stays

    def compressed(self, *kinds: str, names: tuple[str, ...] = ()) -> list[Summary]:
        """Usable tiny-sd cells with one compression of these kinds or names and no switches."""
        return [
            s
            for s in self.ok()
            if len(s.cell.compression) == 1
            and not s.cell.optimisations
            and (s.cell.compression[0].method in names or kind_of(s.cell.compression[0]) in kinds)
        ]

    def switched(self, name: str, *outcomes: Outcome) -> Summary | None:
        """The newest tiny-sd cell with this optimisation alone, and one of these outcomes."""
        found = [
            s
            for s in self.summaries
            if s.cell.model == TINY
            and not s.cell.compression
            and [use.method for use in s.cell.optimisations] == [name]
            and s.outcome in (outcomes or (Outcome.OK,))
        ]
        return max(found, key=lambda s: s.started_at, default=None)

    def twin(self, summary: Summary, **changes: Any) -> Summary | None:
        """The usable cell that differs from this one in these settings only."""
        return self._by_settings.get(_settings(replace(summary.cell, **changes)))

    def plain(self, summary: Summary) -> Summary | None:
        """The same without compression and optimisations."""
        return self.twin(summary, compression=(), optimisations=())

    def baseline(self) -> Summary | None:
        """tiny-sd as it is: fp32, batch 1, its own size, steps and scheduler; the newest."""
        spec = MODELS[TINY]
        for s in self.ok():
            cell = s.cell
            same = (cell.width_px, cell.height_px, cell.steps, cell.scheduler, cell.guidance)
            own = (spec.resolution_px,) * 2 + (spec.steps, spec.scheduler, spec.guidance)
            plain = not cell.compression and not cell.optimisations
            if plain and cell.precision == "fp32" and cell.batch_size == 1 and same == own:
                return s
        return None

    def pruned_share(self, summary: Summary) -> Quantity:
        """Bytes left of the components that the first compression is applied to; unit 1.

        Of all weights against the plain cell where the components are not known apart.
        """
        measurement = self.measurements.get(summary.cell_id)
        weights = measurement.weights if measurement is not None else None
        parts = summary.cell.compression[0].components if summary.cell.compression else ()
        before = sum(weights.original.get(part, 0) for part in parts) if weights else 0
        if weights is not None and before:
            after = sum(weights.components.get(part, 0) for part in parts)
            source = f"of the bytes of the {' and '.join(parts).replace('unet', 'UNet')}"
            return measured(after / before, "1", source=source)
        base = self.plain(summary)
        if base is None:
            return unavailable("1", "the plain cell was not measured")
        ratio = ratio_of(figure(summary, "weights_bytes"), figure(base, "weights_bytes"))
        return (
            ratio if ratio.value is None else replace(ratio, source="of the bytes of all weights")
        )

    def effect(self, summary: Summary, method: str) -> OptimisationEffect | None:
        """What the optimisation told of itself in this cell."""
        measurement = self.measurements.get(summary.cell_id)
        effects = measurement.optimisations if measurement is not None else ()
        return next((effect for effect in effects if effect.method == method), None)


def kind_of(use: MethodUse) -> str:
    """The kind of a method; empty where this installation does not know it."""
    spec = method_spec(use.method)
    return spec.kind if spec is not None else ""


def figure(summary: Summary, name: str) -> Quantity:
    """A figure of a cell, unavailable where it was not measured."""
    return summary.figures.get(name) or unavailable("1", f"{name} was not measured")


def quality(summary: Summary, name: str = METRIC) -> Quantity:
    """A quality metric of a cell, unavailable where it was not computed."""
    return summary.quality.get(name) or unavailable("1", f"{name} was not computed")


def _settings(cell: Cell) -> tuple[object, ...]:
    """What tells cells apart; quicker than the hash of every cell of a large store."""
    return (
        cell.model,
        cell.weights,
        cell.precision,
        cell.width_px,
        cell.height_px,
        cell.batch_size,
        cell.steps,
        cell.scheduler,
        cell.guidance,
        cell.seed,
        cell.prompts,
        *((use.label(), use.components) for use in cell.compression),
        "with",
        *(use.label() for use in cell.optimisations),
    )
