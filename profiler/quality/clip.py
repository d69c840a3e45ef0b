"""CLIP score: how near image and prompt lie in the space of the model's CLIP.

Hessel et al. 2021, "CLIPScore: A Reference-free Evaluation Metric for Image Captioning": 100 times
the cosine, not below 0. The embedded CLIP of tiny-sd and one from the hub take the same path.
"""

from __future__ import annotations

import torch

from profiler.pipelines.load import load_clip
from profiler.quality.sample import Sample


@torch.no_grad()
def clip_score(sample: Sample) -> list[float]:
    """One score in [0, 100] per image."""
    images, texts = embed_images(sample), _embed_prompts(sample)
    return [float(100 * value.clamp(min=0)) for value in (images * texts).sum(dim=1)]


@torch.no_grad()
def embed_images(sample: Sample) -> torch.Tensor:
    """Unit vectors (images, dimensions): also the features of distribution distances."""
    model, processor, _ = load_clip(sample.model, sample.weights)
    pixels = processor(images=[i.convert("RGB") for i in sample.images], return_tensors="pt")
    states = model.vision_model(pixel_values=pixels["pixel_values"]).pooler_output
    return torch.nn.functional.normalize(model.visual_projection(states), dim=1)


def _embed_prompts(sample: Sample) -> torch.Tensor:
    model, _, tokenizer = load_clip(sample.model, sample.weights)
    encoded = tokenizer(
        list(sample.prompts), padding="max_length", truncation=True, return_tensors="pt"
    )
    states = model.text_model(**encoded).pooler_output
    return torch.nn.functional.normalize(model.text_projection(states), dim=1)
