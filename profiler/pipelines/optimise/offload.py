"""Weights wait on the host and come to the GPU only while they work."""

from __future__ import annotations

from typing import Any

import torch

from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.optimise.parts import hooked, parts, refuse_cpu

_WHY = "moves weights between the host and a GPU"


def model_offload(pipe: Any, context: OptimisationContext) -> Switched:
    """Keep each part on the device only while it works; returns the parts.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    refuse_cpu("model-offload", context.device, _WHY)
    pipe.enable_model_cpu_offload(device=context.device)
    return Switched(len(parts(pipe)))


def sequential_offload(pipe: Any, context: OptimisationContext) -> Switched:
    """Keep each layer on the device only while it works; returns the layers with weights.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    refuse_cpu("sequential-offload", context.device, _WHY)
    pipe.enable_sequential_cpu_offload(device=context.device)
    leaves = (m for part in parts(pipe) for m in part.modules() if not [*m.children()])
    return Switched(sum(1 for leaf in leaves if [*leaf.parameters(recurse=False)]))


def group_offload(
    pipe: Any, context: OptimisationContext, level: str = "block", stream: bool = False
) -> Switched:
    """Keep groups of layers on the device only while they work; returns the groups.

    The VAE is always offloaded by leaves: its `decode` does not go through the `forward` on which
    the hooks of blocks rely. With `stream` the next group is copied while one works.
    Source: https://huggingface.co/docs/diffusers/optimization/memory
    Raises: Unsupported on a CPU.
    """
    refuse_cpu("group-offload", context.device, _WHY)
    from diffusers.hooks import apply_group_offloading

    for part in parts(pipe):
        by_leaves = level == "leaf" or part is getattr(pipe, "vae", None)
        apply_group_offloading(
            part,
            onload_device=torch.device(context.device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level" if by_leaves else "block_level",
            num_blocks_per_group=None if by_leaves else 1,
            use_stream=stream,
        )
    return Switched(sum(len(hooked(part, "group_offloading")) for part in parts(pipe)))
