"""Stable Diffusion 1.5 and 2.1, and the BK-SDM students of 1.4.

Source: the config.json files of the hub ids in `profiler.catalogue.models`; for BK-SDM also Kim et
al. 2023, arXiv:2305.15798 (one residual block and one attention block less per stage; the middle
stage and, in tiny, the innermost stage left out).
"""

from __future__ import annotations

from profiler.pipelines import sd15_config
from profiler.pipelines.architectures.parts import CLIP_L, UNCHECKED, VAE_4, Architecture, Part

_UNET_15 = Part("UNet2DConditionModel", sd15_config.UNET)
_PNDM = Part("PNDMScheduler", sd15_config.SCHEDULER)

_UNET_21 = _UNET_15.but(
    sample_size=96,
    attention_head_dim=(5, 10, 20, 20),
    cross_attention_dim=1024,
    use_linear_projection=True,
    upcast_attention=True,
)
# OpenCLIP's ViT-H/14 without its last layer.
_CLIP_H = CLIP_L.but(
    hidden_size=1024,
    intermediate_size=4096,
    projection_dim=512,
    num_hidden_layers=23,
    num_attention_heads=16,
    hidden_act="gelu",
    pad_token_id=0,
)
_DDIM_V = Part(
    "DDIMScheduler",
    {
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "prediction_type": "v_prediction",
        "set_alpha_to_one": False,
        "steps_offset": 1,
        "clip_sample": False,
    },
)

_BK_BASE = _UNET_15.but(layers_per_block=1)
_BK_SMALL = _BK_BASE.but(mid_block_type=None)
_BK_TINY = _BK_SMALL.but(
    down_block_types=("CrossAttnDownBlock2D",) * 3,
    up_block_types=("CrossAttnUpBlock2D",) * 3,
    block_out_channels=(320, 640, 1280),
)


def _first(unet: Part) -> Architecture:
    """A pipeline like that of Stable Diffusion 1.x around this UNet."""
    return Architecture(
        pipeline="StableDiffusionPipeline",
        parts={"unet": unet, "vae": VAE_4, "text_encoder": CLIP_L},
        scheduler=_PNDM,
        tokenizers={"tokenizer": "<|endoftext|>"},
        arguments=UNCHECKED,
    )


ARCHITECTURES: dict[str, Architecture] = {
    "sd15": _first(_UNET_15),
    "sd21": Architecture(
        pipeline="StableDiffusionPipeline",
        parts={"unet": _UNET_21, "vae": VAE_4.but(sample_size=768), "text_encoder": _CLIP_H},
        scheduler=_DDIM_V,
        tokenizers={"tokenizer": "!"},
        arguments=UNCHECKED,
    ),
    "bk-sdm-base": _first(_BK_BASE),
    "bk-sdm-small": _first(_BK_SMALL),
    "bk-sdm-tiny": _first(_BK_TINY),
}
