"""What an architecture is made of, and the parts that several families share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from profiler.pipelines import sd15_config

CLIP_TEXT = "CLIPTextModel"
CLIP_PROJECTED = "CLIPTextModelWithProjection"
T5 = "T5EncoderModel"


@dataclass(frozen=True)
class Part:
    """A component with weights: its class in diffusers or transformers and the class's config."""

    kind: str
    config: Mapping[str, Any]

    def but(self, **changes: Any) -> Part:
        """The same with other values in its config."""
        return Part(self.kind, {**self.config, **changes})


@dataclass(frozen=True)
class Architecture:
    """A pipeline of diffusers without its weights.

    `parts` are the components by name, the denoiser first. `tokenizers` gives for each tokenizer
    what it pads with ("<|endoftext|>" or "!": a CLIP tokenizer) or "t5". `arguments` go to the
    pipeline's constructor.
    """

    pipeline: str
    parts: Mapping[str, Part]
    scheduler: Part
    tokenizers: Mapping[str, str]
    arguments: Mapping[str, Any] = field(default_factory=dict)


UNCHECKED: Mapping[str, Any] = {
    "safety_checker": None,
    "feature_extractor": None,
    "requires_safety_checker": False,
}

# OpenAI's CLIP ViT-L/14 text tower: 123,060,480 parameters.
CLIP_L = Part(CLIP_TEXT, sd15_config.TEXT_ENCODER)

# OpenCLIP's ViT-bigG/14 text tower with projection: 694,659,840 parameters.
CLIP_G = Part(
    CLIP_PROJECTED,
    {
        **sd15_config.TEXT_ENCODER,
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "projection_dim": 1280,
        "num_hidden_layers": 32,
        "num_attention_heads": 20,
        "hidden_act": "gelu",
    },
)

# The encoder of T5 v1.1 XXL: 4,762,310,656 parameters.
T5_XXL = Part(
    T5,
    {
        "vocab_size": 32128,
        "d_model": 4096,
        "d_kv": 64,
        "d_ff": 10240,
        "num_layers": 24,
        "num_decoder_layers": 24,
        "num_heads": 64,
        "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128,
        "dropout_rate": 0.1,
        "layer_norm_epsilon": 1e-6,
        "feed_forward_proj": "gated-gelu",
        "is_encoder_decoder": True,
        "use_cache": True,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "tie_word_embeddings": False,
    },
)

# The autoencoder of Stable Diffusion 1 and 2, four latent channels: 83,653,863 parameters.
VAE_4 = Part("AutoencoderKL", sd15_config.VAE)

# The autoencoder with sixteen latent channels and no quantising convolutions: 83,819,683.
VAE_16 = VAE_4.but(
    sample_size=1024, latent_channels=16, use_quant_conv=False, use_post_quant_conv=False
)
