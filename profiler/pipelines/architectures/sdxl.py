"""Stable Diffusion XL, SDXL Turbo and SSD-1B.

Source: the config.json files of the hub ids in `profiler.catalogue.models`; SDXL: Podell et al.
2023, arXiv:2307.01952; SSD-1B: Gupta et al. 2024, arXiv:2401.02677.
"""

from __future__ import annotations

from profiler.pipelines.architectures.parts import CLIP_G, CLIP_L, VAE_4, Architecture, Part

_UNET = Part(
    "UNet2DConditionModel",
    {
        "sample_size": 128,
        "in_channels": 4,
        "out_channels": 4,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (320, 640, 1280),
        "layers_per_block": 2,
        "transformer_layers_per_block": (1, 2, 10),
        "attention_head_dim": (5, 10, 20),
        "cross_attention_dim": 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
        "act_fn": "silu",
        "norm_num_groups": 32,
        "norm_eps": 1e-5,
    },
)
_UNET_SSD = _UNET.but(
    mid_block_type="UNetMidBlock2D",
    transformer_layers_per_block=(1, (2, 2), (4, 4)),
    reverse_transformer_layers_per_block=((4, 4, 10), (2, 1, 1), 1),
)
_VAE = VAE_4.but(sample_size=1024, scaling_factor=0.13025, force_upcast=True)
_EULER = Part(
    "EulerDiscreteScheduler",
    {
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "prediction_type": "epsilon",
        "interpolation_type": "linear",
        "use_karras_sigmas": False,
        "timestep_spacing": "leading",
        "steps_offset": 1,
    },
)
_EULER_A = Part(
    "EulerAncestralDiscreteScheduler",
    {
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "prediction_type": "epsilon",
        "timestep_spacing": "trailing",
        "steps_offset": 1,
    },
)


def _xl(unet: Part, scheduler: Part) -> Architecture:
    return Architecture(
        pipeline="StableDiffusionXLPipeline",
        parts={"unet": unet, "vae": _VAE, "text_encoder": CLIP_L, "text_encoder_2": CLIP_G},
        scheduler=scheduler,
        tokenizers={"tokenizer": "<|endoftext|>", "tokenizer_2": "!"},
        # No invisible watermark: it wants a package of its own, and no other model has one.
        arguments={"force_zeros_for_empty_prompt": True, "add_watermarker": False},
    )


ARCHITECTURES: dict[str, Architecture] = {
    "sdxl": _xl(_UNET, _EULER),
    "sdxl-turbo": _xl(_UNET.but(sample_size=64), _EULER_A),
    "ssd-1b": _xl(_UNET_SSD, _EULER),
}
