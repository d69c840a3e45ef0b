"""What a compression method is given and what it returns.

A method is a function `method(module, context, **parameters) -> Applied`, named by the `target` of
its `MethodSpec`. `parameters` are complete: the catalogue's defaults are filled in. It may change
`module` in place or build another one, and raises `errors.Unsupported` with the reason where it
cannot run. A method that reports no touched layer is stored as a failure: silence is not success.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from profiler.records.cell import Scalar


@dataclass(frozen=True)
class CompressionContext:
    """Where the module stands: its pipeline, its name there, its device and dtype."""

    pipe: Any
    component: str
    device: str
    dtype: torch.dtype
    model: str


@dataclass(frozen=True)
class Applied:
    """The module to use from now on, how many of its layers were changed, and what else to tell.

    `layers_total` counts the Linear and Conv2d layers that the component had before.
    """

    module: nn.Module
    layers_touched: int
    layers_total: int
    details: Mapping[str, Scalar] = field(default_factory=dict)


Method = Callable[..., Applied]


def weighted_layers(module: nn.Module) -> list[nn.Module]:
    """The Linear and Conv2d layers, subclasses (already quantised ones) included."""
    return [layer for layer in module.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
