"""The switches that diffusers offers on every pipeline."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from profiler.errors import Unsupported
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.cell import Cell


def attention_slicing(
    pipe: Any, _context: OptimisationContext, slice_size: str | int = "auto"
) -> Switched:
    """Compute attention over slices of the heads; returns the attention layers that do.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    before = _processors(pipe)
    pipe.enable_attention_slicing(slice_size)
    after = _processors(pipe)
    return Switched(sum(after[name] is not before[name] for name in after))


def vae_slicing(pipe: Any, context: OptimisationContext) -> Switched:
    """Decode a batch one image at a time.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    if not hasattr(pipe.vae, "use_slicing"):
        return Switched(0)
    pipe.vae.enable_slicing()
    reason = "the batch has one image only" if context.cell.batch_size == 1 else ""
    return Switched(int(pipe.vae.use_slicing), no_effect=reason)


def vae_tiling(pipe: Any, context: OptimisationContext) -> Switched:
    """Decode an image in overlapping tiles of the size that the VAE was trained on.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    if not hasattr(pipe.vae, "use_tiling"):
        return Switched(0)
    pipe.vae.enable_tiling()
    return Switched(int(pipe.vae.use_tiling), no_effect=_one_tile(pipe, context.cell))


def channels_last(pipe: Any, _context: OptimisationContext) -> Switched:
    """Kernels of UNet and VAE in NHWC order; returns the convolutions whose layout changed.

    Source: https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html
    """
    kernels = [*_kernels(pipe.unet), *_kernels(pipe.vae)]
    changing = sum(not k.is_contiguous(memory_format=torch.channels_last) for k in kernels)
    for part in (pipe.unet, pipe.vae):
        part.to(memory_format=torch.channels_last)
    return Switched(changing)


def model_offload(pipe: Any, context: OptimisationContext) -> Switched:
    """Keep each part on the device only while it works; returns the parts.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    _refuse_cpu("model-offload", context.device)
    pipe.enable_model_cpu_offload(device=context.device)
    return Switched(len(_parts(pipe)))


def sequential_offload(pipe: Any, context: OptimisationContext) -> Switched:
    """Keep each layer on the device only while it works; returns the layers with weights.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    _refuse_cpu("sequential-offload", context.device)
    pipe.enable_sequential_cpu_offload(device=context.device)
    leaves = (m for part in _parts(pipe) for m in part.modules() if not [*m.children()])
    return Switched(sum(1 for leaf in leaves if [*leaf.parameters(recurse=False)]))


def compile(pipe: Any, context: OptimisationContext, mode: str = "default") -> Switched:  # noqa: A001
    """torch.compile of the UNet, in place; the work itself happens at the first image.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    Raises: Unsupported where the compiler behind it is missing.
    """
    device = context.device
    if device == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        raise Unsupported("compile: no C++ compiler was found; install one (g++, clang) for it")
    if device.startswith("cuda") and find_spec("triton") is None:
        raise Unsupported("compile: the package 'triton' is not installed; pip install triton")
    pipe.unet.compile(mode=mode)
    return Switched(1)


def _one_tile(pipe: Any, cell: Cell) -> str:
    side = pipe.vae.tile_latent_min_size * pipe.vae_scale_factor
    if max(cell.width_px, cell.height_px) > side:
        return ""
    return f"an image of {cell.width_px}x{cell.height_px} fits in one tile of {side}x{side}"


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
