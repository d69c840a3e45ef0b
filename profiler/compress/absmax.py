"""Absolute-maximum quantisation of weights to 8-bit integers, by the textbook formula.

Q = round(W / scale), scale = max|W| / 127; Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from profiler.compress.contract import Applied, CompressionContext, weighted_layers
from profiler.compress.replace import replace_layers

LEVELS = 127


def quantise(
    module: nn.Module,
    context: CompressionContext,  # noqa: ARG001 - part of the contract
    *,
    granularity: str = "channel",
    convolutions: bool = True,
) -> Applied:
    """Every Linear (and Conv2d) with weights as int8; dequantised in each call of the layer."""
    kinds = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)
    total = len(weighted_layers(module))

    def make(layer: nn.Module) -> nn.Module | None:
        # Exact types only: a subclass is another quantiser's layer.
        if isinstance(layer, (nn.Linear, nn.Conv2d)) and type(layer) in kinds:
            return AbsmaxInt8(layer, per_channel=granularity == "channel")
        return None

    return Applied(module, replace_layers(module, make), total)


def absmax_int8(weight: torch.Tensor, *, per_channel: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Quantise a weight (out, in, ...) of any float dtype.

    Returns int8 values of the same shape and the scale in float32, with one value, or one per
    output channel, and broadcastable to the weight. A channel of zeros gets the scale 1.
    """
    values = weight.detach().float()
    over = tuple(range(1 if per_channel else 0, values.ndim))
    scale = values.abs().amax(dim=over, keepdim=True) / LEVELS
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    # Dividing by a subnormal scale may give a hair more than 127.
    quantised = torch.round(values / scale).clamp(-LEVELS, LEVELS).to(torch.int8)
    return quantised, scale


class AbsmaxInt8(nn.Module):
    """A Linear or Conv2d whose weight is stored as int8 with scales in the layer's dtype."""

    q: torch.Tensor
    scale: torch.Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d, *, per_channel: bool) -> None:
        super().__init__()
        quantised, scale = absmax_int8(layer.weight, per_channel=per_channel)
        self.register_buffer("q", quantised)
        self.register_buffer("scale", scale.to(layer.weight.dtype))
        self.bias = layer.bias
        self.convolution: tuple[Any, ...] | None = None
        if isinstance(layer, nn.Conv2d):
            self.convolution = (layer.stride, layer.padding, layer.dilation, layer.groups)

    @property
    def weight(self) -> torch.Tensor:
        """The dequantised weight, in the layer's dtype."""
        return self.q.to(self.scale.dtype) * self.scale

    def forward(self, x: torch.Tensor, *_: object) -> torch.Tensor:
        """The layer's output; further arguments (LoRA scales of old diffusers) are not used."""
        if self.convolution is None:
            return functional.linear(x, self.weight, self.bias)
        stride, padding, dilation, groups = self.convolution
        return functional.conv2d(x, self.weight, self.bias, stride, padding, dilation, groups)
