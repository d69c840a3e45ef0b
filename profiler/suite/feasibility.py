"""Why a cell cannot run on a device, before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from profiler import paths
from profiler.catalogue.chains import chain_problem, optimisations_problem
from profiler.catalogue.compression import compression
from profiler.catalogue.models import is_checkpoint, model, takes_folder
from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.precisions import precision
from profiler.catalogue.requires import (
    Packages,
    Setting,
    installed,
    missing_package,
    precision_refused,
    scheduler_refused,
    unmet_use,
)
from profiler.catalogue.schedulers import scheduler
from profiler.errors import UnknownName
from profiler.pipelines.exported import is_exported
from profiler.records.catalogue import ModelSpec
from profiler.records.cell import Cell
from profiler.records.device import HardwareProfile
from profiler.suite.exports import why_not_exported

_NEEDED = ("torch", "diffusers", "transformers")


def why_not(
    cell: Cell,
    device: HardwareProfile,
    packages: Callable[[str], bool] | None = None,
    embedded: Path | None = None,
) -> str | None:
    """The reason that the cell cannot run there, in words; None if nothing is known against it.

    Args:
        cell: the configuration.
        device: where it is to run.
        packages: says of an import name whether it is installed; by default looks, without
            importing anything.
        embedded: the folder of the weights that ship with sdprof.
    """
    try:
        return next(_reasons(cell, device, packages or installed, embedded), None)
    except UnknownName as error:
        return str(error)


def _reasons(
    cell: Cell, device: HardwareProfile, packages: Packages, embedded: Path | None
) -> Iterator[str]:
    """Every reason, the most basic first."""
    spec = model(cell.model)
    sampler = scheduler(cell.scheduler)
    setting = Setting(device.kind, device.name, device.capability, cell.model, cell.precision)
    for package in _NEEDED:
        if not packages(package):
            yield missing_package("measuring", package)
    if device.features.get("pytorch") is False:
        yield f"PyTorch does not run on {device.name}"
    yield from _given(_weights(spec, cell.weights, embedded or paths.embedded_weights()))
    yield from _given(_components(spec, cell))
    yield from _given(_resolution(spec, cell))
    yield from _given(scheduler_refused(sampler, cell.model))
    yield from _given(precision_refused(precision(cell.precision), setting))
    for uses, find in ((cell.compression, compression), (cell.optimisations, optimisation)):
        for use in uses:
            yield from _given(unmet_use(use, find(use.method), setting, packages))
    if cell.weights not in spec.weights and is_exported(cell.weights):
        yield from _given(why_not_exported(cell, setting, packages))
    yield from _given(chain_problem(cell.compression))
    yield from _given(optimisations_problem(cell.optimisations))


def _given(reason: str | None) -> Iterator[str]:
    if reason:
        yield reason


def _weights(spec: ModelSpec, weights: str, embedded: Path) -> str | None:
    if weights == "embedded" and weights in spec.weights:
        folder = embedded / spec.name
        if not (folder / "model_index.json").is_file():
            return f"the weights of {spec.name} are not in {folder}; install sdprof again"
        return None
    if weights in spec.weights:
        return None
    return _given_path(spec, weights)


def _given_path(spec: ModelSpec, weights: str) -> str | None:
    """A path that the user gave; a bare word is a way of other models to have weights."""
    if (is_checkpoint(weights) and not takes_folder(spec)) or len(Path(weights).parts) < 2:
        return f"{spec.name} has weights {', '.join(spec.weights)}, not {weights!r}"
    if is_checkpoint(weights):
        return None if Path(weights).is_file() else f"there is no file {weights}"
    folder = Path(weights).expanduser()
    if not folder.is_dir():
        ways = ", ".join(spec.weights)
        return f"{spec.name} has weights {ways}, not {weights!r}, and there is no such folder"
    if not (folder / "model_index.json").is_file():
        return f"no diffusers model in {weights}: it has no model_index.json"
    return None


def _components(spec: ModelSpec, cell: Cell) -> str | None:
    """Methods for parts that the model does not have; of a model unknown yet nobody can tell."""
    if not spec.family:
        return None
    for use in cell.compression:
        missing = [part for part in use.components if part not in spec.components]
        if missing:
            return (
                f"{use.method} is asked for the {', '.join(missing)}, which {spec.name} does not "
                f"have; it has {', '.join(spec.components)}"
            )
    return None


def _resolution(spec: ModelSpec, cell: Cell) -> str | None:
    multiple = spec.resolution_multiple_px
    if cell.width_px % multiple == 0 and cell.height_px % multiple == 0:
        return None
    near = "x".join(str(max(1, round(px / multiple)) * multiple) for px in _sides(cell))
    return (
        f"{spec.name} makes images in multiples of {multiple} px, "
        f"not {cell.width_px}x{cell.height_px}; the nearest is {near}"
    )


def _sides(cell: Cell) -> tuple[int, int]:
    return cell.width_px, cell.height_px
