"""What would come from the hub, made here: another UNet, a tiny autoencoder, an adapter."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from profiler.records.cell import Scalar
from tests.methods.cases import SMALL


def parameters_of(name: str, original: Any, which: str, folder: Path) -> Mapping[str, Scalar]:
    """Parameters with paths, for the methods that take some; nothing for the others."""
    if name == "lora" or (name == "lcm" and which == SMALL):
        return {"source": str(_adapter(original, folder))}
    if which != SMALL:
        return {}
    if name == "distilled-student":
        return {"source": str(_other_unet(original, folder / "student", 0.05))}
    if name == "merge":
        places = [_other_unet(original, folder / f"other-{i}", 0.02 * i) for i in (1, 2)]
        return {"sources": ",".join(map(str, places))}
    if name == "tiny-vae":
        return {"source": str(_tiny_vae(original, folder / "vae"))}
    return {}


def _other_unet(original: Any, folder: Path, share: float) -> Path:
    """The UNet with every weight moved by a share of itself."""
    unet = copy.deepcopy(original.unet)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in unet.parameters():
            weight.mul_(1 + share * torch.randn(weight.shape, generator=generator))
    unet.save_pretrained(folder)
    return folder


def _tiny_vae(original: Any, folder: Path) -> Path:
    """An untrained tiny autoencoder for the latents of the pipeline."""
    from diffusers import AutoencoderTiny

    torch.manual_seed(2)
    channels = original.vae.config.latent_channels
    AutoencoderTiny(
        latent_channels=channels,
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    ).save_pretrained(folder)
    return folder


def _adapter(original: Any, folder: Path) -> Path:
    """A LoRA of rank 2 on the queries of all attention layers of the UNet."""
    from diffusers import StableDiffusionPipeline
    from peft import LoraConfig, get_peft_model_state_dict

    unet = copy.deepcopy(original.unet)
    torch.manual_seed(3)
    unet.add_adapter(LoraConfig(r=2, target_modules=["to_q"], init_lora_weights=False))
    StableDiffusionPipeline.save_lora_weights(
        folder, unet_lora_layers=get_peft_model_state_dict(unet)
    )
    return folder / "pytorch_lora_weights.safetensors"
