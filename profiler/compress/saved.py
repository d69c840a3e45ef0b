"""Loads what `sdprof export` wrote: builds the structure again, then fills in the saved tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from profiler.catalogue.models import model as model_spec
from profiler.compress.apply import apply_chain
from profiler.compress.pruning import restore_shapes
from profiler.compress.structure import build, class_of
from profiler.compress.tensors import named_tensors
from profiler.errors import InputError, SdprofError
from profiler.pipelines import hub
from profiler.pipelines.checked import check_folder
from profiler.pipelines.exported import (
    MANIFEST,
    RESHAPE,
    TENSORS,
    Manifest,
    Part,
    is_exported,
    read_manifest,
)
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.schedule import set_scheduler
from profiler.records.cell import Cell

_SEED = 7
_BLOCK = 1_000_003


def load_cell(cell: Cell, device: str, *, allow_pickle: bool = False) -> Any:
    """The pipeline of a cell before its compression, from whatever its `weights` are.

    An export is read without pickle, whatever is allowed.

    Raises:
        SdprofError: as `pipelines.load.load_pipeline` and `load_exported`.
    """
    if cell.weights not in model_spec(cell.model).weights and is_exported(cell.weights):
        folder = Path(cell.weights).expanduser()
        check_model(read_manifest(folder), folder, cell.model)
        return load_exported(folder, cell.precision, device, cell.scheduler)
    return load_pipeline(
        cell.model,
        cell.weights,
        cell.precision,
        device,
        cell.scheduler,
        allow_pickle=allow_pickle,
    )


def check_model(manifest: Manifest, folder: Path, model: str) -> None:
    """Refuse an export of another model.

    Raises:
        InputError: it is of another model.
    """
    if manifest.model != model:
        raise InputError(f"{folder}: an export of {manifest.model}, not of {model}")


@torch.no_grad()
def load_exported(folder: Path | str, precision: str, device: str, scheduler: str = "") -> Any:
    """The pipeline of an exported folder on `device`; computes as it did before it was saved.

    Every file is checked against SHA256SUMS first. `precision` has to be the one it was exported
    in; an empty `scheduler` keeps the saved one.

    Raises:
        SdprofError: a file is missing or was changed, the version is another one, the precision is
            another one, or a saved tensor does not fit what was rebuilt.
        Unsupported: a method that gives the structure cannot run here.
    """
    folder = Path(folder).expanduser()
    manifest = read_manifest(folder)
    check_folder(folder)
    if manifest.precision != precision:
        raise InputError(
            f"{folder}: exported in {manifest.precision}, not {precision}; set the precision to "
            f"{manifest.precision}, or export again with --precision {precision}"
        )
    modules = {name: _base(part, folder / name, device) for name, part in manifest.parts.items()}
    pipe = hub.translated(lambda: _assemble(folder, modules), str(folder))
    pipe.set_progress_bar_config(disable=True)
    cell = plain_cell(manifest.model, str(folder), precision)
    for name, part in manifest.parts.items():
        if not part.plain:
            _take_steps(pipe, cell, name, part, device)
            _fill(getattr(pipe, name), part, folder / name / TENSORS)
    if scheduler:
        set_scheduler(pipe, scheduler)
    return pipe.to(device)


def plain_cell(model: str, weights: str, precision: str) -> Cell:
    """A cell of the model as its makers meant it, without compression."""
    spec = model_spec(model)
    side = spec.resolution_px
    return Cell(
        model=model,
        weights=weights,
        precision=precision,
        width_px=side,
        height_px=side,
        batch_size=1,
        steps=spec.steps,
        scheduler="",
        guidance=spec.guidance,
        seed=0,
        prompts=(),
    )


def _assemble(folder: Path, modules: Mapping[str, nn.Module]) -> Any:
    """The pipeline around its modules; tokenizers and scheduler come from the folder."""
    import diffusers

    index = diffusers.DiffusionPipeline.load_config(str(folder), local_files_only=True)
    found = getattr(diffusers, str(index.get("_class_name")), None)
    if not (isinstance(found, type) and issubclass(found, diffusers.DiffusionPipeline)):
        raise SdprofError(f"{folder}: model_index.json names no pipeline of diffusers")
    kind: Any = found
    return kind.from_pretrained(str(folder), local_files_only=True, **modules)


def _base(part: Part, folder: Path, device: str) -> nn.Module:
    """A component with its own weights if it is plain, else with placeholders to be treated."""
    kind = class_of(part.library, part.class_name)
    dtype: torch.dtype = getattr(torch, part.dtype)

    def load() -> nn.Module:
        source = str(folder)
        if part.plain:
            module: nn.Module = kind.from_pretrained(
                source, dtype=dtype, use_safetensors=True, local_files_only=True
            )
            return module
        return _placeholder(kind, source, part, device)

    return hub.translated(load, str(folder)).eval()


def _placeholder(kind: Any, source: str, part: Part, device: str) -> nn.Module:
    """The component as its config says, with random numbers: some methods fail on zeros."""
    from accelerate import init_empty_weights  # type: ignore[import-untyped]

    if hasattr(kind, "load_config"):
        config = kind.load_config(source, local_files_only=True)
    else:
        config = kind.config_class.from_pretrained(source, local_files_only=True)
    with init_empty_weights(include_buffers=False):
        module = build(kind, config)
    block = torch.randn(_BLOCK, generator=torch.Generator().manual_seed(_SEED)) * 0.02
    for path, layer in module.named_modules():
        for name, old in layer.named_parameters(recurse=False):
            dtype = _dtype_of(part, f"{path}.{name}")
            new = torch.empty(old.shape, dtype=dtype, device=device)
            _tile(new.view(-1), block.to(device, dtype))
            layer.register_parameter(name, nn.Parameter(new, requires_grad=False))
        for name, buffer in layer.named_buffers(recurse=False):
            real = buffer.is_floating_point()
            dtype = _dtype_of(part, f"{path}.{name}") if real else buffer.dtype
            layer.register_buffer(
                name,
                buffer.to(device, dtype),
                persistent=name not in layer._non_persistent_buffers_set,
            )
    tie: Any = getattr(module, "tie_weights", None)
    if tie:
        tie()
    return module


def _dtype_of(part: Part, name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, part.dtypes.get(name.lstrip("."), part.dtype))
    return dtype


def _tile(flat: torch.Tensor, block: torch.Tensor) -> None:
    """Fill a flat tensor with repetitions of the block."""
    whole = flat.numel() // block.numel()
    cut = whole * block.numel()
    flat[:cut].view(whole, block.numel()).copy_(block)
    flat[cut:].copy_(block[: flat.numel() - cut])


def _take_steps(pipe: Any, cell: Cell, name: str, part: Part, device: str) -> None:
    """Give a component the structure that the chain gave it."""
    for step in part.steps:
        if step.kind == RESHAPE:
            restore_shapes(getattr(pipe, name), step.shapes)
        elif step.use:
            apply_chain(pipe, replace(cell, compression=(step.use,)), device)


def _fill(module: nn.Module, part: Part, path: Path) -> None:
    """Copy the saved tensors into the rebuilt component.

    Raises:
        SdprofError: a tensor is missing, left over, or has another shape or dtype.
    """
    from safetensors import safe_open

    where = f"{path.parent.name} of {path.parent.parent}"
    moves = (
        f"the packages differ from those that wrote it (see {MANIFEST})? install these, or export "
        "again"
    )
    with safe_open(str(path), framework="pt") as file:
        left = set(file.keys())
        known = set(left)
        for name, tensor in named_tensors(module):
            source = part.aliases.get(name, name)
            if source not in known:
                raise SdprofError(f"{where}: the tensor {name!r} was not saved; {moves}")
            saved = file.get_tensor(source)
            if saved.shape != tensor.shape or saved.dtype != tensor.dtype:
                raise SdprofError(
                    f"{where}: the tensor {name!r} was saved as {_told(saved)}, and the rebuilt "
                    f"model has {_told(tensor)}; {moves}"
                )
            tensor.copy_(saved)
            left.discard(source)
    if left:
        raise SdprofError(f"{where}: the rebuilt model has no tensor {min(left)!r}; {moves}")


def _told(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
