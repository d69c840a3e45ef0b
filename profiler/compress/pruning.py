"""Structured pruning: whole channels go, with every layer that depends on them.

Fang et al. 2023, "DepGraph: Towards Any Structural Pruning", arXiv:2301.12900, as done by the
package torch-pruning; magnitude importance after Li et al. 2017, arXiv:1608.08710. No retraining
follows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import WEIGHTED, count_weighted, parameters_of
from profiler.errors import Unsupported


def structured(
    module: nn.Module, context: CompressionContext, *, ratio: float = 0.3, round_to: int = 8
) -> Applied:
    """Remove the share `ratio` of the channels of a UNet, in place.

    Groups of normalisation and heads of attention bind channels together, so that the share of
    parameters that really goes differs from the one asked for: `details` holds both.

    Raises:
        Unsupported: the component is not a UNet.
    """
    if context.component != "unet":
        raise Unsupported(f"structured-pruning works on the unet, not on the {context.component}")
    before, shapes = parameters_of(module), _shapes(module)
    groups = _prune(module, context, ratio, round_to)
    _restate_channels(module)
    after = parameters_of(module)
    touched = sum(shape != shapes[name] for name, shape in _shapes(module).items())
    details = {
        "asked_ratio": ratio,
        "achieved_ratio": round(1 - after / before, 4),
        "parameters_before": before,
        "parameters_after": after,
        "groups_pruned": groups,
    }
    return Applied(module, touched, count_weighted(module), details)


def _prune(module: nn.Module, context: CompressionContext, ratio: float, round_to: int) -> int:
    """Let torch-pruning find the channels that belong together, and remove the least of each group.

    Returns how many groups were pruned.
    """
    import torch_pruning
    from diffusers.models.attention_processor import Attention

    unet: Any = module
    heads = {
        projection: layer.heads
        for layer in module.modules()
        if isinstance(layer, Attention)
        for projection in (layer.to_q, layer.to_k, layer.to_v)
    }
    wanted = [parameter.requires_grad for parameter in module.parameters()]
    module.requires_grad_(True)
    # The dependencies are read from autograd's graph of one forward pass.
    with torch.enable_grad():
        pruner = torch_pruning.pruner.BasePruner(
            module,
            context.example_inputs(),
            importance=torch_pruning.importance.MagnitudeImportance(p=2),
            pruning_ratio=ratio,
            ignored_layers=[unet.conv_in, unet.conv_out],
            num_heads=heads,
            round_to=round_to,
        )
        groups = 0
        for group in pruner.step(interactive=True):
            group.prune()
            groups += 1
    for parameter, grad in zip(module.parameters(), wanted, strict=True):
        parameter.requires_grad_(grad)
        parameter.grad = None
    return groups


def restore_shapes(module: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Give an unpruned module the shapes of a pruned one, with meaningless numbers in it.

    `shapes` are by name of parameter ("conv_in.weight"); others stay as they are. So a pruned
    module can be saved without pickle: its own config cannot tell its widths.

    Raises:
        Unsupported: no such parameter, or it belongs to a kind of layer that is not pruned.
    """
    layers: dict[str, Any] = dict(module.named_modules())
    for name, shape in shapes.items():
        path, _, key = name.rpartition(".")
        old = getattr(layers.get(path), key, None)
        if not isinstance(old, nn.Parameter):
            raise Unsupported(f"the model has no parameter {name!r} to reshape")
        if tuple(old.shape) != tuple(shape):
            # Any numbers that are finite: what follows may look at them.
            numbers = torch.linspace(-0.1, 0.1, math.prod(shape)).to(old).reshape(tuple(shape))
            setattr(layers[path], key, nn.Parameter(numbers, old.requires_grad))
            _restate_widths(layers[path], path)
    _restate_channels(module)


def _restate_widths(layer: Any, name: str) -> None:
    """Make the attributes of a layer agree with the shape of its weight."""
    shape = tuple(layer.weight.shape)
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = shape
    elif isinstance(layer, nn.Conv2d):
        layer.out_channels, layer.in_channels = shape[0], shape[1] * layer.groups
    elif isinstance(layer, nn.GroupNorm):
        layer.num_channels = shape[0]
    elif isinstance(layer, nn.LayerNorm):
        layer.normalized_shape = shape
    else:
        raise Unsupported(f"{name} is a {type(layer).__name__}, which cannot be reshaped")


def _restate_channels(module: nn.Module) -> None:
    """Make true again the channel counts that diffusers keeps as attributes and checks."""
    from diffusers.models.attention_processor import Attention
    from diffusers.models.downsampling import Downsample2D
    from diffusers.models.upsampling import Upsample2D

    for layer in module.modules():
        if isinstance(layer, (Upsample2D, Downsample2D)):
            layer.channels = layer.conv.in_channels
            layer.out_channels = layer.conv.out_channels
        elif isinstance(layer, Attention):
            layer.inner_dim = layer.to_q.out_features
            layer.inner_kv_dim = layer.to_k.out_features
            # Fused attention scales by the width that a head has, sliced attention by this.
            layer.scale = (layer.inner_dim // layer.heads) ** -0.5


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Shape of the weight of each Linear and Conv2d, by name."""
    return {
        name: tuple(layer.weight.shape)
        for name, layer in module.named_modules()
        if isinstance(layer, WEIGHTED)
    }
