"""Block removal after BK-SDM: whole residual and attention blocks of a UNet go.

Kim et al. 2023, "BK-SDM: A Lightweight, Fast, and Cheap Version of Stable Diffusion",
arXiv:2305.15798, section 3.1. Of the two pairs (residual block, attention block) of each down stage
the first stays, of the three of each up stage the first and the third; "small" also loses the
middle block, "tiny" the innermost stages as well. The weights that stay are those of the full UNet;
the paper distils afterwards, which is not done here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, parameters_of
from profiler.errors import Unsupported

VARIANTS = ("base", "small", "tiny")
# Entries of a UNet's config with one value per stage, from the outermost in; the others from the
# innermost out.
_OUTER_FIRST = (
    "down_block_types",
    "block_out_channels",
    "attention_head_dim",
    "num_attention_heads",
    "cross_attention_dim",
    "only_cross_attention",
    "transformer_layers_per_block",
)
_INNER_FIRST = ("up_block_types",)
_UP = re.compile(r"up_blocks\.(\d+)\.(.*)")
_PAIR = re.compile(r"(resnets|attentions)\.1\.(.*)")


def remove_blocks(
    module: nn.Module, context: CompressionContext, *, variant: str = "small"
) -> Applied:
    """A UNet with fewer blocks that holds the tensors of `module`, which are not copied.

    Raises:
        Unsupported: the component is not a UNet, or has no blocks of the kind that would go.
    """
    if context.component != "unet":
        raise Unsupported(f"block-removal works on the unet, not on the {context.component}")
    full: Any = module
    reduced = reduced_config(full.config, variant)
    with torch.device("meta"):
        smaller = type(full).from_config(reduced)
    kept = kept_tensors(full, smaller, levels_removed(variant))
    smaller.load_state_dict(kept, assign=True)
    smaller = smaller.train(module.training)
    for parameter in smaller.parameters():
        parameter.requires_grad_(requires_grad=False)
    before, after = count_weighted(module), count_weighted(smaller)
    details = {
        "parameters_before": parameters_of(module),
        "parameters_after": parameters_of(smaller),
        "blocks_before": _blocks(module),
        "blocks_after": _blocks(smaller),
    }
    return Applied(smaller, before - after, before, details)


def levels_removed(variant: str) -> int:
    """How many of the innermost stages go."""
    return 1 if variant == "tiny" else 0


def reduced_config(config: Mapping[str, Any], variant: str) -> dict[str, Any]:
    """The config of the UNet without those blocks, as BK-SDM's own.

    Raises:
        Unsupported: `variant` would remove nothing, or what there is not.
    """
    layers, stages = config["layers_per_block"], len(config["block_out_channels"])
    if layers not in (1, 2):
        raise Unsupported(
            f"block-removal knows UNets with 2 layers per block (or 1), not {layers!r}"
        )
    if layers == 1 and variant == "base":
        raise Unsupported(
            "block-removal, variant base: this UNet has one layer per block, so there is no second "
            "pair to remove; use variant small or tiny, which remove the middle block"
        )
    reduced = {key: value for key, value in config.items() if not key.startswith("_")}
    reduced["layers_per_block"] = 1
    if variant == "base":
        return reduced
    if config["mid_block_type"] is None and (variant == "small" or layers == 2):
        raise Unsupported(f"block-removal, variant {variant}: this UNet has no middle block")
    reduced["mid_block_type"] = None
    if variant == "tiny":
        widths = tuple(config["block_out_channels"])
        if stages < 2 or widths[-1] != widths[-2]:
            raise Unsupported(
                "block-removal, variant tiny: the innermost stage can go only where the one before "
                f"it is as wide; the stages of this UNet have {_joined(widths)} channels"
            )
        for key in (*_OUTER_FIRST, *_INNER_FIRST):
            value = config.get(key)
            if isinstance(value, (list, tuple)) and len(value) == stages:
                reduced[key] = value[1:] if key in _INNER_FIRST else value[:-1]
    return reduced


def kept_tensors(full: nn.Module, smaller: nn.Module, levels: int) -> dict[str, torch.Tensor]:
    """For each tensor of the smaller UNet the one of the full UNet that becomes it.

    Raises:
        Unsupported: the smaller UNet has a tensor that the full one lacks or has in another shape.
    """
    source = full.state_dict()
    two = any(name.startswith("up_blocks.0.resnets.2.") for name in source)
    kept: dict[str, torch.Tensor] = {}
    for name, tensor in smaller.state_dict().items():
        origin = _origin(name, levels, three_pairs=two)
        if origin not in source or source[origin].shape != tensor.shape:
            raise Unsupported(
                f"block-removal does not fit this UNet: {name} of the smaller one cannot be taken "
                f"from {origin}"
            )
        kept[name] = source[origin]
    return kept


def _origin(name: str, levels: int, *, three_pairs: bool) -> str:
    """What a tensor of the smaller UNet is called in the full one."""
    up = _UP.fullmatch(name)
    if up is None:
        return name
    inner = up[2]
    pair = _PAIR.fullmatch(inner)
    if pair and three_pairs:
        # The third pair takes in the skip connection of the stage's first; the second one goes.
        inner = f"{pair[1]}.2.{pair[2]}"
    return f"up_blocks.{int(up[1]) + levels}.{inner}"


def _blocks(unet: nn.Module) -> int:
    """Residual and attention blocks together."""
    from diffusers.models.resnet import ResnetBlock2D
    from diffusers.models.transformers.transformer_2d import Transformer2DModel

    return sum(isinstance(part, (ResnetBlock2D, Transformer2DModel)) for part in unet.modules())


def _joined(widths: tuple[int, ...]) -> str:
    return ", ".join(map(str, widths))
