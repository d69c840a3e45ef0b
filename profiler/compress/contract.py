"""What a compression method is: a function with this signature, named by its MethodSpec.

    def method(module: nn.Module, context: CompressionContext, **parameters: Scalar) -> Applied

It is called once per component of the cell's `MethodUse`, under `torch.no_grad()`, with all
parameters that its `MethodSpec` declares. It may change the module in place or build another; what
counts is `Applied.module`, which takes the component's place in the pipeline. The result has to

- be on `context.device` and take and return activations of `context.dtype`;
- compute the same function signature as before (a UNet stays callable as a UNet);
- be deterministic: the same weights give the same result.

It raises `errors.Unsupported` with a reason where it cannot work, and must not catch failures. To
register one, let an entry point of the group `sdprof.compressions` resolve to a `MethodSpec` whose
`target` is "your_package.module:function".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from profiler.records.cell import Scalar

Inputs = dict[str, torch.Tensor]


@dataclass(frozen=True)
class CompressionContext:
    """What a method may need to know beside the module.

    `pipe` is the whole StableDiffusionPipeline, `component` the attribute of it that is worked on
    ("unet", "vae", "text_encoder"). `example_inputs` makes small keyword arguments for the
    component's forward, batch 1, of the right dtype and device, to trace or to calibrate with.
    """

    pipe: Any
    component: str
    device: str
    dtype: torch.dtype
    model: str
    weights: str
    example_inputs: Callable[[], Inputs]


@dataclass(frozen=True)
class Applied:
    """What a method did: the module to use from now on, and how many layers it changed.

    `layers_total` counts the layers that it could look at; `details` are further figures or notes
    for the report ("achieved_ratio", ...).
    """

    module: nn.Module
    layers_touched: int
    layers_total: int
    details: Mapping[str, Scalar] = field(default_factory=dict)


# The type of a method.
Method = Callable[..., Applied]
