"""Switches of memory layout, VAE decoding and arithmetic that diffusers and torch offer."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from profiler.catalogue.precisions import precision
from profiler.errors import Unsupported
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.optimise.parts import Count, countable, denoiser, hooked, is_plain, parts
from profiler.records.cell import Cell

# The layers on which diffusers can put casting hooks, of those that image models have.
_CASTABLE = (nn.Conv2d, nn.Linear, nn.Embedding)


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
    """Kernels of denoiser and VAE in NHWC order; returns the convolutions whose layout changed.

    Source: https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html
    """
    both = (denoiser(pipe), pipe.vae)
    kernels = [kernel for part in both for kernel in _kernels(part)]
    changing = sum(not k.is_contiguous(memory_format=torch.channels_last) for k in kernels)
    for part in both:
        part.to(memory_format=torch.channels_last)
    return Switched(changing)


def gradient_checkpointing(pipe: Any, _context: OptimisationContext) -> Switched:
    """Forget activations and compute them again in the backward pass; counts how often it happens.

    Source: https://arxiv.org/abs/1604.06174
    """
    count = Count()

    def counted(module: nn.Module, *inputs: Any) -> Any:
        count.value += 1
        return checkpoint(module, *inputs, use_reentrant=False)

    part = denoiser(pipe)
    part.enable_gradient_checkpointing(counted)
    modules = sum(bool(getattr(m, "gradient_checkpointing", False)) for m in part.modules())
    return Switched(
        modules,
        uses=count,
        no_effect="it saves activations for a backward pass, and painting an image has none",
        measured_all_the_same=True,
    )


def layerwise_upcast(pipe: Any, context: OptimisationContext) -> Switched:
    """Store weights in the cell's 16 bits and compute in 32; returns the layers that do.

    Norms are kept in 32 bits, they are small. For cards whose 16-bit arithmetic is broken.
    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported if a layer is quantised: its weights have no 16 bits to be stored in.
    """
    from diffusers.hooks import apply_layerwise_casting

    storage = getattr(torch, precision(context.cell.precision).torch_dtype)
    layers = [m for part in parts(pipe) for m in part.modules() if isinstance(m, _CASTABLE)]
    if storage is torch.float32:
        return Switched(len(layers), no_effect="the weights are in fp32 already")
    for layer in layers:
        if not is_plain(layer, type(layer)) or layer.weight.dtype is not storage:
            raise Unsupported(
                f"layerwise-upcast stores plain {context.cell.precision} weights; this chain's "
                f"compression left {type(layer).__name__} with {layer.weight.dtype}"
            )
    for part in parts(pipe):
        # An empty pattern means every layer; None would mean the part as a whole.
        apply_layerwise_casting(part, storage, torch.float32, skip_modules_pattern=())
        _rest_in_fp32(part)
        # What is called is the part itself, but of the VAE `decode`, which calls its children.
        for entry in part.children() if part is pipe.vae else [part]:
            entry.register_forward_pre_hook(_inputs_in_fp32, with_kwargs=True)
        _tell_fp32(part)
    cast = [m for part in parts(pipe) for m in hooked(part, "layerwise_casting")]
    count = Count() if countable(context.cell) else None
    if count:
        count.calls_of(cast)
    return Switched(len(cast), uses=count)


def _rest_in_fp32(part: nn.Module) -> None:
    """Everything without a casting hook: norms, and parameters of the part itself."""
    casting = set(hooked(part, "layerwise_casting"))
    for module in part.modules():
        if module in casting:
            continue
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            if tensor.is_floating_point():
                tensor.data = tensor.data.float()


def _tell_fp32(part: Any) -> None:
    """Let `part.dtype` be what it computes in: pipelines cast to it what goes from part to part.

    diffusers' own models see to that. Those of transformers tell the type of their first weight, by
    a property, which only a class can override.
    """
    if part.dtype is not torch.float32:
        kind = type(part)
        part.__class__ = type(kind.__name__, (kind,), {"dtype": torch.float32})


def _inputs_in_fp32(
    _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(_in_fp32, args)), {key: _in_fp32(value) for key, value in kwargs.items()}


def _in_fp32(value: Any) -> Any:
    """Numbers as fp32, also within lists and mappings; all else as it is."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.float()
    if isinstance(value, dict):
        return {key: _in_fp32(item) for key, item in value.items()}
    return value


def _one_tile(pipe: Any, cell: Cell) -> str:
    side = pipe.vae.tile_latent_min_size * pipe.vae_scale_factor
    if max(cell.width_px, cell.height_px) > side:
        return ""
    return f"an image of {cell.width_px}x{cell.height_px} fits in one tile of {side}x{side}"


def _kernels(part: nn.Module) -> list[torch.Tensor]:
    """Every four-dimensional tensor of a part, quantised ones included."""
    return [tensor for tensor in (*part.parameters(), *part.buffers()) if tensor.ndim == 4]
