"""Small example inputs for each component of a Stable Diffusion pipeline."""

from __future__ import annotations

from typing import Any

import torch

from profiler.compress.contract import Inputs
from profiler.errors import Unsupported

# The least side that the four levels of Stable Diffusion's UNet can halve three times.
_LATENT_SIDE = 8


def example_inputs(pipe: Any, component: str, dtype: torch.dtype, device: str) -> Inputs:
    """Keyword arguments for the component's forward, batch 1, of fixed pseudo-random content.

    UNet: sample (1, c, 8, 8), timestep (1,), encoder_hidden_states (1, tokens, width). VAE: sample
    (1, 3, h, w) whose latents are 8x8. Text encoder: input_ids (1, tokens).

    Raises:
        Unsupported: no examples are known for that component.
    """
    generator = torch.Generator("cpu").manual_seed(0)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(device, dtype)

    tokens = pipe.tokenizer.model_max_length
    if component == "unet":
        config = pipe.unet.config
        return {
            "sample": noise(1, config.in_channels, _LATENT_SIDE, _LATENT_SIDE),
            "timestep": torch.tensor([10], device=device),
            "encoder_hidden_states": noise(1, tokens, config.cross_attention_dim),
        }
    if component == "vae":
        side = _LATENT_SIDE * pipe.vae_scale_factor
        return {"sample": noise(1, pipe.vae.config.in_channels, side, side)}
    if component == "text_encoder":
        size = pipe.text_encoder.config.vocab_size
        ids = torch.randint(size, (1, tokens), generator=generator)
        return {"input_ids": ids.to(device)}
    raise Unsupported(f"no example inputs are known for the component {component!r}")
