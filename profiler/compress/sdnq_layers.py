"""The weight formats of SDNQ on the layers of a component, with or without a low-rank branch.

SDNQ dequantises in fp32 for each call. Its low-rank branch follows SVDQuant (Li et al. 2024,
arXiv:2411.05007): W = U V + R, with the first singular vectors U V in the dtype of the cell and
only the rest R quantised. Source: https://github.com/Disty0/sdnq.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, replace_layers
from profiler.errors import Unsupported

# Read by sdnq when it is imported: compiling each shape takes longer than an image here.
_SETTINGS = {"SDNQ_USE_TORCH_COMPILE": "0", "SDNQ_USE_OPENVINO_MM": "0"}


def int8(
    module: nn.Module,
    context: CompressionContext,
    *,
    convolutions: bool = True,
    svd_rank: int = 0,
) -> Applied:
    """Symmetric int8 weights, one fp32 scale a group of up to 1024 (Conv2d: 512) inputs."""
    return _quantise(module, context, "int8", convolutions, svd_rank)


def uint4(
    module: nn.Module,
    context: CompressionContext,
    *,
    convolutions: bool = True,
    svd_rank: int = 0,
) -> Applied:
    """4-bit weights, an fp32 scale and zero point a group of up to 64 (Conv2d: 32) inputs."""
    return _quantise(module, context, "uint4", convolutions, svd_rank)


def float8(
    module: nn.Module,
    context: CompressionContext,
    *,
    convolutions: bool = True,
    svd_rank: int = 0,
) -> Applied:
    """float8 (e4m3) weights, one fp32 scale a group of up to 1024 (Conv2d: 512) inputs."""
    return _quantise(module, context, "float8_e4m3fn", convolutions, svd_rank)


def _quantise(
    module: nn.Module, context: CompressionContext, dtype: str, convolutions: bool, svd_rank: int
) -> Applied:
    """Quantise every plain layer; sdnq's own list of layers to leave out is not used.

    A low-rank branch is for layers both of whose sides exceed the rank: elsewhere it would be the
    whole matrix. uint4 leaves layers with an odd number of weights.

    Raises:
        Unsupported: a low-rank branch was asked for, and no layer is wide enough for it, or the SVD
            failed.
    """
    sdnq = _sdnq()
    plain, branched = (
        sdnq.SDNQConfig(
            weights_dtype=dtype,
            quant_conv=convolutions,
            use_svd=use_svd,
            svd_rank=svd_rank or 32,
            add_skip_keys=False,
        )
        for use_svd in (False, True)
    )
    branches = stayed = 0

    def make(layer: Any) -> nn.Module:
        nonlocal branches, stayed
        if dtype == "uint4" and layer.weight.numel() % 2:
            stayed += 1  # two make a byte
            same: nn.Module = layer
            return same
        mode, wide = layer.training, 0 < svd_rank < min(layer.weight.flatten(1).shape)
        with _seeded(context.device):
            made, _ = sdnq.sdnq_quantize_layer(layer, branched if wide else plain)
        # sdnq goes on without the branch, and says nothing, where the SVD fails.
        if wide and getattr(made, "svd_up", None) is None:
            raise Unsupported(f"sdnq: the SVD failed in a layer of the {context.component}")
        branches += wide
        _as_buffers(made)
        replaced: nn.Module = made.train(mode)
        return replaced

    total = count_weighted(module)
    kinds: tuple[type[nn.Module], ...] = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)
    touched = replace_layers(module, kinds, make) - stayed
    if svd_rank and touched and not branches:
        raise Unsupported(
            f"sdnq: no layer of the {context.component} is wider than svd_rank {svd_rank}; "
            "give a smaller one, or 0 for none"
        )
    details: dict[str, str | int | float | bool] = {"convolutions": convolutions}
    if svd_rank:
        details |= {"svd_rank": svd_rank, "layers_with_svd": branches}
    return Applied(module, touched, total, details)


def _as_buffers(layer: nn.Module) -> None:
    """Keep what sdnq stores as buffers: a model's dtype is told by its first parameter.

    With float8 weights there, pipelines would cast to float8 what they hand to the model.
    """
    for name, parameter in list(layer.named_parameters(recurse=False)):
        if name != "bias":
            delattr(layer, name)
            layer.register_buffer(name, parameter.detach())


def _sdnq() -> ModuleType:
    """The package, imported without torch.compile and without its notes on what is not there."""
    logging.getLogger("sdnq").setLevel(logging.ERROR)
    before = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        import sdnq
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    package: ModuleType = sdnq
    return package


@contextmanager
def _seeded(device: str) -> Iterator[None]:
    """The randomised SVD draws numbers: always the same ones, and none of anybody else's."""
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.manual_seed(0)
        yield
