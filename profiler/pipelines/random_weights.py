"""Stable Diffusion 1.5 with random weights: the exact architecture, built in seconds, offline.

The usual initialisation of a billion numbers takes many seconds. Here the model is constructed on
the device "meta" (no memory), allocated once in its final format, and filled with copies of one
random block. What is computed is the same in kind and size; the images mean nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from profiler.pipelines import sd15_config

SEED = 15
# A prime, so that no row length divides it: rows of a tiled matrix would else repeat exactly.
_BLOCK = 1_000_003
# Half of what keeps the variance: activations then neither grow nor vanish over the depth.
_GAIN = 0.5


def sd15_parts() -> dict[str, nn.Module]:
    """UNet, VAE and text encoder on the device "meta"."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        return {
            "unet": UNet2DConditionModel(**sd15_config.UNET),
            "vae": AutoencoderKL(**sd15_config.VAE),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**sd15_config.TEXT_ENCODER)),
        }


def random_sd15(dtype: torch.dtype, device: str, seed: int = SEED) -> Any:
    """A StableDiffusionPipeline of Stable Diffusion 1.5 whose weights follow from `seed` alone."""
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    from profiler.pipelines.fake_tokenizer import make_tokenizer

    parts = {
        name: materialise(part, dtype, device, seed + number).eval()
        for number, (name, part) in enumerate(sd15_parts().items())
    }
    return StableDiffusionPipeline(
        **parts,
        tokenizer=make_tokenizer(),
        scheduler=PNDMScheduler(**sd15_config.SCHEDULER),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


@torch.no_grad()
def materialise(module: nn.Module, dtype: torch.dtype, device: str, seed: int) -> nn.Module:
    """Allocate a module that was constructed on "meta" and fill it with random weights.

    Matrices and kernels get a standard deviation of 0.5 / sqrt(inputs of one output), embeddings
    0.02, norms ones, biases zeros.

    Raises:
        RuntimeError: the module has a buffer of which only its constructor knows the content.
    """
    module = module.to(dtype).to_empty(device=device)
    generator = torch.Generator("cpu").manual_seed(seed)
    block = torch.randn(_BLOCK, generator=generator).repeat(2).to(device)
    offset = 0
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if name.endswith("bias"):
                parameter.zero_()
            elif isinstance(part, (nn.GroupNorm, nn.LayerNorm)):
                parameter.fill_(1.0)
            else:
                # Each parameter starts elsewhere in the block, so that no two layers are alike.
                offset = (offset + 7919) % _BLOCK
                length = min(_BLOCK, parameter.numel())
                _tile(parameter, block[offset : offset + length] * _deviation(part, parameter))
        for name, buffer in part.named_buffers(recurse=False):
            if name != "position_ids":
                raise RuntimeError(f"buffer {name!r} of {type(part).__name__} cannot be refilled")
            buffer.copy_(torch.arange(buffer.shape[-1]).expand_as(buffer))
    return module


def _deviation(part: nn.Module, parameter: torch.Tensor) -> float:
    if isinstance(part, nn.Embedding) or parameter.ndim < 2:
        return 0.02
    return float(_GAIN / parameter[0].numel() ** 0.5)


def _tile(parameter: torch.Tensor, block: torch.Tensor) -> None:
    """Fill the parameter with repetitions of the block, the last one cut off."""
    flat = parameter.view(-1)
    whole = flat.numel() // block.numel()
    cut = whole * block.numel()
    flat[:cut].view(whole, block.numel()).copy_(block)
    flat[cut:].copy_(block[: flat.numel() - cut])
