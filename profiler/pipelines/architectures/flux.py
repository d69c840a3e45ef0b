"""FLUX.1 schnell.

Source: the config.json files of https://huggingface.co/black-forest-labs/FLUX.1-schnell.
"""

from __future__ import annotations

from profiler.pipelines.architectures.parts import CLIP_L, T5_XXL, VAE_16, Architecture, Part

_TRANSFORMER = Part(
    "FluxTransformer2DModel",
    {
        "patch_size": 1,
        "in_channels": 64,
        "num_layers": 19,
        "num_single_layers": 38,
        "attention_head_dim": 128,
        "num_attention_heads": 24,
        "joint_attention_dim": 4096,
        "pooled_projection_dim": 768,
        "guidance_embeds": False,
        "axes_dims_rope": (16, 56, 56),
    },
)

ARCHITECTURES: dict[str, Architecture] = {
    "flux-schnell": Architecture(
        pipeline="FluxPipeline",
        parts={
            "transformer": _TRANSFORMER,
            "vae": VAE_16.but(scaling_factor=0.3611, shift_factor=0.1159, force_upcast=True),
            "text_encoder": CLIP_L,
            "text_encoder_2": T5_XXL,
        },
        scheduler=Part(
            "FlowMatchEulerDiscreteScheduler",
            {
                "num_train_timesteps": 1000,
                "shift": 1.0,
                "use_dynamic_shifting": False,
                "base_shift": 0.5,
                "max_shift": 1.15,
                "base_image_seq_len": 256,
                "max_image_seq_len": 4096,
            },
        ),
        tokenizers={"tokenizer": "<|endoftext|>", "tokenizer_2": "t5"},
    )
}
