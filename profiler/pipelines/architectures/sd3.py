"""Stable Diffusion 3.5 medium.

Source: the config.json files of https://huggingface.co/stabilityai/stable-diffusion-3.5-medium;
Esser et al. 2024, arXiv:2403.03206.
"""

from __future__ import annotations

from profiler.pipelines.architectures.parts import (
    CLIP_G,
    CLIP_L,
    CLIP_PROJECTED,
    T5_XXL,
    VAE_16,
    Architecture,
    Part,
)

_TRANSFORMER = Part(
    "SD3Transformer2DModel",
    {
        "sample_size": 128,
        "patch_size": 2,
        "in_channels": 16,
        "out_channels": 16,
        "num_layers": 24,
        "attention_head_dim": 64,
        "num_attention_heads": 24,
        "joint_attention_dim": 4096,
        "caption_projection_dim": 1536,
        "pooled_projection_dim": 2048,
        "pos_embed_max_size": 384,
        "dual_attention_layers": tuple(range(13)),
        "qk_norm": "rms_norm",
    },
)

ARCHITECTURES: dict[str, Architecture] = {
    "sd3.5-medium": Architecture(
        pipeline="StableDiffusion3Pipeline",
        parts={
            "transformer": _TRANSFORMER,
            "vae": VAE_16.but(scaling_factor=1.5305, shift_factor=0.0609, force_upcast=True),
            "text_encoder": Part(CLIP_PROJECTED, CLIP_L.config),
            "text_encoder_2": CLIP_G,
            "text_encoder_3": T5_XXL,
        },
        scheduler=Part(
            "FlowMatchEulerDiscreteScheduler", {"num_train_timesteps": 1000, "shift": 3.0}
        ),
        tokenizers={"tokenizer": "<|endoftext|>", "tokenizer_2": "!", "tokenizer_3": "t5"},
    )
}
