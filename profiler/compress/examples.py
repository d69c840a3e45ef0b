"""Small example inputs for each component of a text-to-image pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from profiler.compress.contract import Inputs
from profiler.errors import Unsupported

# The least side that the four levels of Stable Diffusion's UNet can halve three times.
_LATENT_SIDE = 8
_T5_TOKENS = 16

Noise = Callable[..., torch.Tensor]


def example_inputs(pipe: Any, component: str, dtype: torch.dtype, device: str) -> Inputs:
    """Keyword arguments for the component's forward, batch 1, of fixed pseudo-random content.

    UNet: sample (1, c, 8, 8), timestep (1,), encoder_hidden_states (1, tokens, width), for SDXL
    also its added conditions. Transformer: that of Stable Diffusion 3 or Flux. VAE: sample
    (1, 3, h, w) whose latents are 8x8. Text encoders: input_ids (1, tokens).

    Raises:
        Unsupported: no examples are known for that component.
    """
    generator = torch.Generator("cpu").manual_seed(0)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(device, dtype)

    module: Any = getattr(pipe, component, None)
    if component == "unet":
        return _unet(pipe, noise, device)
    if component == "transformer" and type(module).__name__ in _TRANSFORMERS:
        return _TRANSFORMERS[type(module).__name__](module.config, noise, device)
    if component == "vae":
        side = _LATENT_SIDE * pipe.vae_scale_factor
        return {"sample": noise(1, pipe.vae.config.in_channels, side, side)}
    if module is not None and component.startswith("text_encoder"):
        tokenizer = getattr(pipe, component.replace("text_encoder", "tokenizer"))
        tokens = min(tokenizer.model_max_length, _longest(module))
        ids = torch.randint(module.config.vocab_size, (1, tokens), generator=generator)
        return {"input_ids": ids.to(device)}
    raise Unsupported(f"no example inputs are known for the component {component!r}")


def _longest(encoder: Any) -> int:
    """How many tokens to show; T5 knows no longest sentence, so few."""
    return int(getattr(encoder.config, "max_position_embeddings", _T5_TOKENS))


def _unet(pipe: Any, noise: Noise, device: str) -> Inputs:
    config = pipe.unet.config
    tokens = pipe.tokenizer.model_max_length
    inputs: dict[str, Any] = {
        "sample": noise(1, config.in_channels, _LATENT_SIDE, _LATENT_SIDE),
        "timestep": torch.tensor([10], device=device),
        "encoder_hidden_states": noise(1, tokens, config.cross_attention_dim),
    }
    if getattr(config, "addition_embed_type", None) == "text_time":
        # Original size, crop and target size of the image, and the pooled text.
        sizes = 6
        pooled = config.projection_class_embeddings_input_dim
        pooled -= sizes * config.addition_time_embed_dim
        inputs["added_cond_kwargs"] = {
            "text_embeds": noise(1, pooled),
            "time_ids": torch.full_like(noise(1, sizes), 64.0),
        }
    return inputs


def _sd3(config: Any, noise: Noise, device: str) -> Inputs:
    return {
        "hidden_states": noise(1, config.in_channels, _LATENT_SIDE, _LATENT_SIDE),
        "timestep": torch.tensor([10], device=device),
        "encoder_hidden_states": noise(1, _T5_TOKENS, config.joint_attention_dim),
        "pooled_projections": noise(1, config.pooled_projection_dim),
    }


def _flux(config: Any, noise: Noise, _device: str) -> Inputs:
    side = _LATENT_SIDE // 2  # patches of two by two
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    places = torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).reshape(-1, 3)
    inputs = {
        "hidden_states": noise(1, side * side, config.in_channels),
        "timestep": torch.full_like(noise(1), 0.5),
        "encoder_hidden_states": noise(1, _T5_TOKENS, config.joint_attention_dim),
        "pooled_projections": noise(1, config.pooled_projection_dim),
        "img_ids": noise(side * side, 3).copy_(places),
        "txt_ids": torch.zeros_like(noise(_T5_TOKENS, 3)),
    }
    return inputs | ({"guidance": torch.full_like(noise(1), 3.5)} if config.guidance_embeds else {})


_TRANSFORMERS = {"SD3Transformer2DModel": _sd3, "FluxTransformer2DModel": _flux}
