"""Architectures of the catalogue with small widths: the same classes, blocks and names."""

from __future__ import annotations

from dataclasses import replace

from profiler.pipelines.architectures import Architecture, Part, architecture

_CLIP = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "projection_dim": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
_T5 = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
_TRANSFORMERS = {
    "SD3Transformer2DModel": {
        "num_layers": 2,
        "attention_head_dim": 8,
        "num_attention_heads": 4,
        "joint_attention_dim": 64,
        "caption_projection_dim": 32,
        "pooled_projection_dim": 64,
        "pos_embed_max_size": 24,
        "dual_attention_layers": (0,),
        "sample_size": 8,
    },
    "FluxTransformer2DModel": {
        "num_layers": 1,
        "num_single_layers": 1,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 32,
        "pooled_projection_dim": 32,
        "axes_dims_rope": (4, 6, 6),
    },
}


def shrunk(model: str) -> Architecture:
    """The model's architecture with a fraction of its widths."""
    design = architecture(model)
    towers = [name for name in design.parts if name.startswith("text_encoder")]
    parts = {name: _small(name, part, model) for name, part in design.parts.items()}
    # Stable Diffusion 3 lays the features of both CLIPs side by side, within T5's width.
    if "text_encoder_3" in towers:
        parts["text_encoder_3"] = parts["text_encoder_3"].but(d_model=64)
    return replace(design, parts=parts)


def _small(name: str, part: Part, model: str) -> Part:
    if name == "vae":
        return part.but(block_out_channels=(8, 16, 16, 16), norm_num_groups=4, layers_per_block=1)
    if part.kind in _TRANSFORMERS:
        return part.but(**_TRANSFORMERS[part.kind])
    if part.kind == "T5EncoderModel":
        return part.but(**_T5)
    if name.startswith("text_encoder"):
        return part.but(**_CLIP)
    widths = (32, 64, 64, 64)[: len(part.config["block_out_channels"])]
    small = part.but(block_out_channels=widths, norm_num_groups=8, cross_attention_dim=32)
    if "addition_embed_type" not in part.config:
        heads = part.config["attention_head_dim"]
        return small.but(attention_head_dim=4 if isinstance(heads, int) else (4,) * len(widths))
    return small.but(
        attention_head_dim=(4, 8, 8),
        cross_attention_dim=64,
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
        **(
            {}
            if "reverse_transformer_layers_per_block" in part.config
            else {"transformer_layers_per_block": (1, 1, 2)}
        ),
    )
