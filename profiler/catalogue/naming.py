"""Cells and methods as short text for people: what equals the catalogue's defaults is left out."""

from __future__ import annotations

from profiler.catalogue.compression import COMPRESSIONS, default_components
from profiler.catalogue.models import MODELS
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import Cell, MethodUse


def use_label(use: MethodUse) -> str:
    """A method with what differs from its defaults: `structured-pruning(ratio=0.1) on vae`."""
    spec = method_spec(use.method)
    text = use.label(spec.defaults() if spec else None)
    usual = default_components(spec) if spec else ("unet",)
    other = use.components and set(use.components) != set(usual)
    return f"{text} on {', '.join(use.components)}" if other else text


def cell_label(cell: Cell) -> str:
    """One line: `tiny-sd bf16 absmax-int8 64x64 b4 10 steps`.

    Scheduler, guidance and weights are told where they are not the model's own.
    """
    parts = [cell.model, cell.precision]
    parts += [use_label(use) for use in (*cell.compression, *cell.optimisations)]
    parts += [f"{cell.width_px}x{cell.height_px}", f"b{cell.batch_size}", f"{cell.steps} steps"]
    spec = MODELS.get(cell.model)
    if spec is not None:
        parts += [cell.scheduler] if cell.scheduler != spec.scheduler else []
        parts += [f"guidance {cell.guidance:g}"] if cell.guidance != spec.guidance else []
        parts += [f"{cell.weights} weights"] if cell.weights != spec.weights[0] else []
    return " ".join(parts)


def method_spec(name: str) -> MethodSpec | None:
    """The catalogue's entry; None for a method that this installation does not know.

    A store may hold cells that were measured with a plug-in that is not installed here.
    """
    return COMPRESSIONS.get(name) or OPTIMISATIONS.get(name)
