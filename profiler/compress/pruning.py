"""Structured pruning of a UNet with torch-pruning: whole channels and all that depends on them.

Fang et al. 2023, "DepGraph: Towards Any Structural Pruning", arXiv:2301.12900.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext, weighted_layers
from profiler.errors import Unsupported


def structured(
    module: nn.Module, context: CompressionContext, *, ratio: float = 0.3, round_to: int = 8
) -> Applied:
    """Remove about `ratio` of the channels with the smallest L2 norm; no retraining follows.

    Group normalisation and attention heads bind channels together, so the achieved share of
    parameters differs from the asked one; both are in the details.
    """
    from diffusers import UNet2DConditionModel

    if not isinstance(module, UNet2DConditionModel):
        raise Unsupported(
            f"structured-pruning knows the UNet of Stable Diffusion, not the {context.component} "
            f"({type(module).__name__})"
        )
    layers = weighted_layers(module)
    shapes = [layer.weight.shape for layer in layers]
    before = _parameters(module)
    _prune(module, ratio, round_to)
    _mend_channel_counts(module)
    touched = sum(layer.weight.shape != shape for layer, shape in zip(layers, shapes, strict=True))
    after = _parameters(module)
    details = {
        "ratio_asked": ratio,
        "ratio_achieved": round(1 - after / before, 4),
        "parameters_before": before,
        "parameters_after": after,
    }
    return Applied(module, touched, len(layers), details)


def _prune(unet: Any, ratio: float, round_to: int) -> None:
    import torch_pruning as tp
    from diffusers.models.attention_processor import Attention

    weight = unet.conv_in.weight
    side = unet.config.sample_size
    example = {
        "sample": torch.zeros(1, unet.config.in_channels, side, side).to(weight),
        "timestep": torch.tensor([10], device=weight.device),
        "encoder_hidden_states": torch.zeros(1, 8, unet.config.cross_attention_dim).to(weight),
    }
    attentions = [part for part in unet.modules() if isinstance(part, Attention)]
    heads = {
        layer: part.heads for part in attentions for layer in (part.to_q, part.to_k, part.to_v)
    }
    # The dependency graph is read off the graph of gradients.
    with torch.enable_grad():
        pruner = tp.pruner.BasePruner(
            unet,
            example,
            importance=tp.importance.MagnitudeImportance(p=2),
            pruning_ratio=ratio,
            ignored_layers=[unet.conv_in, unet.conv_out],
            num_heads=heads,
            round_to=round_to,
        )
        for group in pruner.step(interactive=True):
            group.prune()
    for parameter in unet.parameters():
        parameter.grad = None


def _mend_channel_counts(unet: Any) -> None:
    """Diffusers keeps channel counts as attributes as well, which pruning does not see."""
    from diffusers.models.attention_processor import Attention
    from diffusers.models.downsampling import Downsample2D
    from diffusers.models.upsampling import Upsample2D

    for part in unet.modules():
        if isinstance(part, (Downsample2D, Upsample2D)):
            part.channels = part.conv.in_channels
            part.out_channels = part.conv.out_channels
        elif isinstance(part, Attention):
            part.inner_dim = part.to_q.out_features
            part.inner_kv_dim = part.to_k.out_features


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
