"""Prompt alignment of tiny-sd: the share of asked attributes that the judge sees."""

from __future__ import annotations

from profiler.catalogue.scenes import parse_caption
from profiler.errors import Unsupported
from profiler.quality.judge import agreement, read_scene
from profiler.quality.sample import Sample


def prompt_alignment(sample: Sample) -> list[float]:
    """Per image: right attributes (background, shape, colour, size, position) / 5, in [0, 1]."""
    values = []
    for image, prompt in zip(sample.images, sample.prompts, strict=True):
        scene = parse_caption(prompt)
        if scene is None:
            raise Unsupported(
                f"the prompt {prompt!r} does not name one background, shape, colour, size and "
                "position of tiny-sd's world, so nothing can be checked"
            )
        checks = agreement(scene, read_scene(image))
        values.append(sum(checks.values()) / len(checks))
    return values
