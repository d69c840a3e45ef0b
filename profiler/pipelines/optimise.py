"""Runtime optimisations: switches of a pipeline that leave its weights as they are.

An optimisation is a function `f(pipe, cell, device, **parameters) -> int`, named by the `target` of
its `MethodSpec`; it returns how many modules it affects in this cell. 0 is stored as a failure.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from profiler.catalogue.optimisations import optimisation
from profiler.errors import MissingExtra, NoEffect
from profiler.records.cell import Cell


def apply_optimisations(pipe: Any, cell: Cell, device: str) -> None:
    """Switch the cell's optimisations on, in its order.

    Raises:
        NoEffect: one of them changes nothing in this cell.
        UnknownName: not in the catalogue.
    """
    for use in cell.optimisations:
        switch = _load(optimisation(use.method).target)
        if switch(pipe, cell, device, **use.parameters) == 0:
            raise NoEffect(
                f"{use.method} changes nothing at {cell.width_px}x{cell.height_px} px "
                f"and batch size {cell.batch_size}"
            )


def attention_slicing(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """Attention of the UNet in slices of half the heads; returns the attention layers affected."""
    pipe.enable_attention_slicing()
    return sum("Sliced" in type(p).__name__ for p in pipe.unet.attn_processors.values())


def vae_slicing(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """The VAE decodes one image of the batch at a time, which a batch of one always does."""
    pipe.vae.enable_slicing()
    return int(pipe.vae.use_slicing and cell.batch_size > 1)


def vae_tiling(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """The VAE decodes overlapping tiles, where the image is larger than one tile."""
    pipe.vae.enable_tiling()
    larger = max(cell.width_px, cell.height_px) > pipe.vae.tile_sample_min_size
    return int(pipe.vae.use_tiling and larger)


def channels_last(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """4-D weights of UNet and VAE in NHWC order; returns how many tensors changed their strides."""
    import torch

    count = 0
    for part in (pipe.unet, pipe.vae):
        before = {name: p.stride() for name, p in part.named_parameters()}
        part.to(memory_format=torch.channels_last)
        count += sum(p.stride() != before[name] for name, p in part.named_parameters())
    return count


def model_offload(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """Each part is on the GPU only while it works; returns the parts that got a hook."""
    pipe.enable_model_cpu_offload(device=device)
    return len(pipe._all_hooks)


def sequential_offload(pipe: Any, cell: Cell, device: str) -> int:  # noqa: ARG001
    """Each layer is on the GPU only while it works; returns the layers that got a hook."""
    pipe.enable_sequential_cpu_offload(device=device)
    return sum(hasattr(layer, "_hf_hook") for layer in pipe.unet.modules())


def compile(pipe: Any, cell: Cell, device: str, *, mode: str = "default") -> int:  # noqa: A001, ARG001
    """torch.compile of the UNet; the compiler runs in the first image."""
    import torch

    pipe.unet = torch.compile(pipe.unet, mode=mode)
    return 1


def _load(target: str) -> Callable[..., int]:
    module, _, name = target.partition(":")
    try:
        switch: Callable[..., int] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, "run") from error
    return switch
