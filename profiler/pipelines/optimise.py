"""The runtime optimisations: switches of the pipeline that leave its weights as they are.

Contract, also for plug-ins: `def f(pipe, device: str, **parameters) -> int` switches something on
and returns how many modules it reached; 0 says that there was nothing to switch.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from profiler.catalogue.optimisations import OFFLOADS, optimisation
from profiler.errors import NoEffect, Unsupported
from profiler.records.cell import Cell


def apply_optimisations(pipe: Any, cell: Cell, device: str) -> dict[str, int]:
    """Switch on the cell's optimisations, in the catalogue's order; modules reached by name.

    Raises:
        UnknownName: an optimisation is not in the catalogue.
        Unsupported: one cannot run on this device.
        NoEffect: one reached no module, or cannot matter for this cell.
    """
    reached: dict[str, int] = {}
    uses = sorted(cell.optimisations, key=lambda use: optimisation(use.method).order)
    for use in uses:
        module, _, function = optimisation(use.method).target.partition(":")
        count = getattr(import_module(module), function)(pipe, device, **use.parameters)
        if count == 0:
            raise NoEffect(f"{use.method} found nothing to work on in {cell.model}; leave it out")
        if reason := _pointless(use.method, pipe, cell):
            raise NoEffect(f"{use.method} changes nothing here: {reason}")
        reached[use.method] = count
    return reached


def first_device(cell: Cell, device: str) -> str:
    """Where to load the pipeline: on the CPU if an offload moves its parts, else on `device`."""
    offloads = any(use.method in OFFLOADS for use in cell.optimisations)
    return "cpu" if offloads else device


def attention_slicing(pipe: Any, _device: str, slice_size: str | int = "auto") -> int:
    """Compute attention over slices of the heads; returns the attention layers that do.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    before = _processors(pipe)
    pipe.enable_attention_slicing(slice_size)
    after = _processors(pipe)
    return sum(after[name] is not before[name] for name in after)


def vae_slicing(pipe: Any, _device: str) -> int:
    """Decode a batch one image at a time.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    if not hasattr(pipe.vae, "use_slicing"):
        return 0
    pipe.vae.enable_slicing()
    return int(pipe.vae.use_slicing)


def vae_tiling(pipe: Any, _device: str) -> int:
    """Decode an image in overlapping tiles of the size that the VAE was trained on.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    if not hasattr(pipe.vae, "use_tiling"):
        return 0
    pipe.vae.enable_tiling()
    return int(pipe.vae.use_tiling)


def channels_last(pipe: Any, _device: str) -> int:
    """Kernels of UNet and VAE in NHWC order; returns the convolutions whose layout changed.

    Source: https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html
    """
    kernels = [*_kernels(pipe.unet), *_kernels(pipe.vae)]
    changing = sum(not k.is_contiguous(memory_format=torch.channels_last) for k in kernels)
    for part in (pipe.unet, pipe.vae):
        part.to(memory_format=torch.channels_last)
    return changing


def model_offload(pipe: Any, device: str) -> int:
    """Keep each part on the device only while it works; returns the parts.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    _refuse_cpu("model-offload", device)
    pipe.enable_model_cpu_offload(device=device)
    return len(_parts(pipe))


def sequential_offload(pipe: Any, device: str) -> int:
    """Keep each layer on the device only while it works; returns the layers with weights.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    _refuse_cpu("sequential-offload", device)
    pipe.enable_sequential_cpu_offload(device=device)
    leaves = (m for part in _parts(pipe) for m in part.modules() if not [*m.children()])
    return sum(1 for leaf in leaves if [*leaf.parameters(recurse=False)])


def compile(pipe: Any, device: str, mode: str = "default") -> int:  # noqa: A001 - its name
    """torch.compile of the UNet, in place; the work itself happens at the first image.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    Raises: Unsupported where the compiler behind it is missing.
    """
    if device == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        raise Unsupported("compile: no C++ compiler was found; install one (g++, clang) for it")
    if device.startswith("cuda") and find_spec("triton") is None:
        raise Unsupported("compile: the package 'triton' is not installed; pip install triton")
    pipe.unet.compile(mode=mode)
    return 1


def _pointless(method: str, pipe: Any, cell: Cell) -> str | None:
    """Why the switch cannot matter for this cell although it is on."""
    reason = _REASONS.get(method)
    return reason(pipe, cell) if reason else None


def _slicing_is_pointless(_pipe: Any, cell: Cell) -> str | None:
    return "the batch has one image only" if cell.batch_size == 1 else None


def _tiling_is_pointless(pipe: Any, cell: Cell) -> str | None:
    side = pipe.vae.tile_latent_min_size * pipe.vae_scale_factor
    if max(cell.width_px, cell.height_px) > side:
        return None
    return f"an image of {cell.width_px}x{cell.height_px} fits in one tile of {side}x{side}"


_REASONS: dict[str, Callable[[Any, Cell], str | None]] = {
    "vae-slicing": _slicing_is_pointless,
    "vae-tiling": _tiling_is_pointless,
}


def _processors(pipe: Any) -> dict[str, object]:
    """Attention layer to the object that computes it, over all parts."""
    return {
        f"{number}.{name}": layer.processor
        for number, part in enumerate(_parts(pipe))
        for name, layer in part.named_modules()
        if hasattr(layer, "processor")
    }


def _kernels(part: nn.Module) -> list[torch.Tensor]:
    """Every four-dimensional tensor of a part, quantised ones included."""
    return [tensor for tensor in (*part.parameters(), *part.buffers()) if tensor.ndim == 4]


def _parts(pipe: Any) -> list[nn.Module]:
    return [part for part in pipe.components.values() if isinstance(part, nn.Module)]


def _refuse_cpu(what: str, device: str) -> None:
    if device == "cpu":
        raise Unsupported(
            f"{what} moves weights between the host and a GPU; this cell runs on the CPU"
        )
