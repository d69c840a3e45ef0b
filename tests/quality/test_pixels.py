"""PSNR and SSIM against values worked out by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from PIL import Image

from profiler.catalogue.scenes import sample_scenes
from profiler.errors import Unsupported
from profiler.pipelines.drawing import draw_scene
from profiler.quality.pixels import EQUAL_IMAGES_DB, psnr, ssim
from profiler.quality.sample import Sample


def sample(images: list[Image.Image], references: list[Image.Image | None]) -> Sample:
    prompts = tuple("" for _ in images)
    return Sample(tuple(images), prompts, tuple(references), "tiny-sd", "embedded")


@pytest.fixture
def drawing() -> Image.Image:
    return draw_scene(sample_scenes(1, 3)[0], 64, random.Random(0))


def test_psnr_of_a_uniform_shift_is_the_formula(drawing: Image.Image) -> None:
    base = Image.fromarray(np.full((32, 32, 3), 100, np.uint8))
    shifted = Image.fromarray(np.full((32, 32, 3), 110, np.uint8))
    assert psnr(sample([shifted], [base])) == [pytest.approx(20 * math.log10(255 / 10), abs=1e-3)]


def test_equal_images(drawing: Image.Image) -> None:
    assert psnr(sample([drawing], [drawing.copy()])) == [EQUAL_IMAGES_DB]
    assert ssim(sample([drawing], [drawing.copy()])) == [pytest.approx(1.0, abs=1e-5)]


def test_more_noise_scores_lower(drawing: Image.Image) -> None:
    rng = np.random.default_rng(0)
    values = np.asarray(drawing, dtype=np.float32)
    noisy = [
        Image.fromarray(np.clip(values + rng.normal(0, s, values.shape), 0, 255).astype(np.uint8))
        for s in (2, 10, 40)
    ]
    for metric in (psnr, ssim):
        scores = metric(sample(noisy, [drawing] * 3))
        assert scores == sorted(scores, reverse=True)


def test_only_pairs_count_and_other_sizes_are_refused(drawing: Image.Image) -> None:
    assert len(psnr(sample([drawing, drawing], [drawing, None]))) == 1
    with pytest.raises(Unsupported, match="32x32"):
        ssim(sample([drawing], [drawing.resize((32, 32))]))
