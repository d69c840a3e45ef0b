"""The weights of a Stable Diffusion 1.x pipeline in the layout of its authors' checkpoints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def write_original(pipe: Any, path: Path) -> None:
    """One file with UNet, VAE and text encoder; the VAE needs four levels."""
    weights: dict[str, torch.Tensor] = {}
    for name, tensor in pipe.unet.state_dict().items():
        weights["model.diffusion_model." + _unet_name(name, pipe.unet)] = tensor
    for name, tensor in pipe.vae.state_dict().items():
        new = _vae_name(name, len(pipe.vae.config.block_out_channels))
        pointwise = ".attn_1." in new and new.endswith("weight") and ".norm." not in new
        weights["first_stage_model." + new] = tensor[:, :, None, None] if pointwise else tensor
    for name, tensor in pipe.text_encoder.state_dict().items():
        new = name.removeprefix("text_model.")
        weights["cond_stage_model.transformer.text_model." + new] = tensor
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)


def _unet_name(name: str, unet: Any) -> str:
    for old, new in _ENDS.items():
        if name.startswith(old + "."):
            return new + name.removeprefix(old)
    layers = unet.config.layers_per_block
    if mid := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", name):
        kind, number, rest = mid.groups()
        place = {"resnets0": 0, "attentions0": 1, "resnets1": 2}[kind + number]
        return f"middle_block.{place}.{_inner(kind, rest)}"
    side, level, kind, number, rest = re.match(
        r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", name
    ).groups()
    level, number = int(level), int(number)
    if side == "down":
        if kind == "downsamplers":
            return f"input_blocks.{(level + 1) * (layers + 1)}.0.{rest.replace('conv', 'op')}"
        block = level * (layers + 1) + number + 1
        return f"input_blocks.{block}.{int(kind == 'attentions')}.{_inner(kind, rest)}"
    if kind == "upsamplers":
        attends = "CrossAttn" in unet.config.up_block_types[level]
        return f"output_blocks.{(level + 1) * (layers + 1) - 1}.{1 + attends}.{rest}"
    block = level * (layers + 1) + number
    return f"output_blocks.{block}.{int(kind == 'attentions')}.{_inner(kind, rest)}"


def _inner(kind: str, rest: str) -> str:
    if kind != "resnets":
        return rest
    layer, _, last = rest.rpartition(".")
    return f"{_RESNET[layer]}.{last}"


def _vae_name(name: str, levels: int) -> str:
    for old, new in _VAE_ATTENTION.items():
        name = name.replace(f"mid_block.attentions.0.{old}.", f"mid.attn_1.{new}.")
    name = name.replace("mid_block.resnets.0", "mid.block_1")
    name = name.replace("mid_block.resnets.1", "mid.block_2")
    name = re.sub(r"down_blocks\.(\d)", r"down.\1", name)
    name = re.sub(r"up_blocks\.(\d)", lambda m: f"up.{levels - 1 - int(m[1])}", name)
    name = re.sub(r"resnets\.(\d)", r"block.\1", name)
    name = name.replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
    return name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
