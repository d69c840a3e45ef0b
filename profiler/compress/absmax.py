"""Weights as 8-bit integers by the textbook formula: Q = round(W / scale), scale = max|W| / 127.

Symmetric round-to-nearest quantisation, one scale per output channel or per tensor (Dettmers et al.
2022, "LLM.int8()", arXiv:2208.07339, section 2.1; Jacob et al. 2018, arXiv:1712.05877). Only the
weights: each call dequantises to the input's dtype, so the model gets smaller and not faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, replace_layers
from profiler.errors import Unsupported

LEVELS = 127
# Below this the scale would be a denormal number, with which no division is exact any more.
_TINY = 2.0**-100


def quantise_tensor(weight: torch.Tensor, granularity: str) -> tuple[torch.Tensor, torch.Tensor]:
    """int8 numbers of the shape of `weight`, and the fp32 scale that broadcasts against them.

    `granularity` is "channel" (dimension 0, the output channels) or "tensor". Where all weights are
    zero the scale is 1. |weight - Q * scale| is at most scale / 2.

    Raises:
        ValueError: the weights are not finite, or the granularity is another word.
    """
    wide = weight.detach().to(torch.float32)
    if granularity == "channel":
        largest = wide.abs().amax(dim=tuple(range(1, wide.ndim)), keepdim=True)
    elif granularity == "tensor":
        largest = wide.abs().amax().reshape((1,) * wide.ndim)
    else:
        raise ValueError(f"granularity {granularity!r}: give 'channel' or 'tensor'")
    if not bool(torch.isfinite(largest).all()):
        raise ValueError("the weights are not finite")
    scale = torch.where(largest > _TINY, largest / LEVELS, torch.ones_like(largest))
    levels = torch.round(wide / scale).clamp_(-LEVELS, LEVELS)
    return levels.to(torch.int8), scale


class AbsmaxLayer(nn.Module):
    """What the two layers share: buffers `weight_int8` and `scale`, and an optional bias."""

    weight_int8: torch.Tensor
    scale: torch.Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d, granularity: str) -> None:
        super().__init__()
        levels, scale = quantise_tensor(layer.weight, granularity)
        self.register_buffer("weight_int8", levels)
        self.register_buffer("scale", scale)
        bias = layer.bias
        self.bias = None if bias is None else nn.Parameter(bias.detach(), requires_grad=False)

    def dequantised(self, dtype: torch.dtype) -> torch.Tensor:
        """The weights as they are used: Q times the scale, both in `dtype` (Q is exact in any)."""
        return self.weight_int8.to(dtype) * self.scale.to(dtype)

    def bias_as(self, dtype: torch.dtype) -> torch.Tensor | None:
        """The bias in the dtype of the activations."""
        return None if self.bias is None else self.bias.to(dtype)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> AbsmaxLayer:
        # `.to(bfloat16)` must not round the stored scale: `.to(float32)` could not undo that.
        before = self.scale
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.scale.dtype != before.dtype:
            self.scale = before.to(self.scale.device)
        return self


class AbsmaxLinear(AbsmaxLayer):
    """A Linear with int8 weights."""

    def __init__(self, layer: nn.Linear, granularity: str = "channel") -> None:
        super().__init__(layer, granularity)
        self.in_features, self.out_features = layer.in_features, layer.out_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in_features) to (..., out_features)."""
        return functional.linear(x, self.dequantised(x.dtype), self.bias_as(x.dtype))


class AbsmaxConv2d(AbsmaxLayer):
    """A Conv2d with int8 weights."""

    def __init__(self, layer: nn.Conv2d, granularity: str = "channel") -> None:
        super().__init__(layer, granularity)
        self.in_channels, self.out_channels = layer.in_channels, layer.out_channels
        self.kernel_size, self.stride = layer.kernel_size, layer.stride
        self.padding, self.dilation, self.groups = layer.padding, layer.dilation, layer.groups
        self.padding_mode = layer.padding_mode
        self._around: list[int] = list(layer._reversed_padding_repeated_twice)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, h, w) to (n, out_channels, h', w')."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            x, padding = functional.pad(x, self._around, mode=self.padding_mode), 0
        weight, bias = self.dequantised(x.dtype), self.bias_as(x.dtype)
        return functional.conv2d(x, weight, bias, self.stride, padding, self.dilation, self.groups)


def quantise(
    module: nn.Module,
    context: CompressionContext,
    *,
    granularity: str = "channel",
    convolutions: bool = True,
) -> Applied:
    """Replace Linear (and Conv2d) layers of `module` in place by their int8 forms.

    Raises:
        Unsupported: the weights are not finite.
    """

    def make(layer: Any) -> nn.Module:
        try:
            if isinstance(layer, nn.Conv2d):
                return AbsmaxConv2d(layer, granularity)
            return AbsmaxLinear(layer, granularity)
        except ValueError as error:
            raise Unsupported(f"absmax-int8 of the {context.component}: {error}") from error

    total = count_weighted(module)
    kinds = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)
    return Applied(module, replace_layers(module, kinds, make), total)
