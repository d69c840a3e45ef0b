"""Scores as quantities: intervals, ranges, and reasons where there is no figure."""

from __future__ import annotations

import json
import random

import pytest

from profiler.catalogue.scenes import sample_scenes
from profiler.pipelines.drawing import draw_scene
from profiler.pipelines.exported import MANIFEST, SCHEMA_VERSION, Manifest
from profiler.quality.score import score
from profiler.records.codec import to_json

METRICS = ("psnr", "ssim", "prompt_alignment", "clip_score")
SCENES = sample_scenes(4, 8)
PROMPTS = [scene.caption() for scene in SCENES]
IMAGES = {i: draw_scene(scene, 64, random.Random(i)) for i, scene in enumerate(SCENES)}


def test_drawn_images_fit_their_prompts_and_not_each_others() -> None:
    right = score(IMAGES, PROMPTS, {}, METRICS, "tiny-sd", "embedded")
    assert right["prompt_alignment"].value == 1.0
    assert right["prompt_alignment"].high == 1.0
    shuffled = {i: IMAGES[(i + 1) % 4] for i in range(4)}
    wrong = score(shuffled, PROMPTS, {}, METRICS, "tiny-sd", "embedded")
    assert wrong["prompt_alignment"].value < 0.7
    assert wrong["clip_score"].value < right["clip_score"].value - 20
    assert right["clip_score"].unit == "1"


def test_paired_metrics_need_the_baseline() -> None:
    alone = score(IMAGES, PROMPTS, {}, METRICS, "tiny-sd", "embedded")
    assert not alone["psnr"].available
    assert "baseline" in alone["psnr"].reason
    paired = score(IMAGES, PROMPTS, IMAGES, METRICS, "tiny-sd", "embedded")
    assert paired["ssim"].value == pytest.approx(1.0)
    assert paired["psnr"].value == 120.0


def test_an_export_of_random_weights_has_no_quality_either(tmp_path) -> None:
    manifest = Manifest(SCHEMA_VERSION, "0", "sd15", "random", "fp32", (), {})
    (tmp_path / MANIFEST).write_text(json.dumps(to_json(manifest)))
    figures = score(IMAGES, PROMPTS, IMAGES, METRICS, "sd15", str(tmp_path))
    assert all("random weights" in figure.reason for figure in figures.values())


def test_images_of_random_weights_have_no_quality() -> None:
    figures = score(IMAGES, PROMPTS, IMAGES, METRICS, "sd15", "random")
    assert all("random weights" in figure.reason for figure in figures.values())


def test_a_metric_of_another_model_is_refused_with_the_reason() -> None:
    figure = score(IMAGES, PROMPTS, {}, ("prompt_alignment",), "sd15", "hub")["prompt_alignment"]
    assert "tiny-sd" in figure.reason


def test_other_prompts_make_alignment_unavailable_not_zero() -> None:
    figure = score({0: IMAGES[0]}, ["a dog"], {}, ("prompt_alignment",), "tiny-sd", "embedded")[
        "prompt_alignment"
    ]
    assert figure.value is None
    assert "a dog" in figure.reason


def test_one_image_has_a_value_and_no_interval() -> None:
    figure = score({0: IMAGES[0]}, PROMPTS, {}, ("clip_score",), "tiny-sd", "embedded")[
        "clip_score"
    ]
    assert figure.value is not None
    assert figure.low is None


def test_a_metric_that_fails_costs_only_itself(monkeypatch) -> None:
    def broken(_sample):
        raise ValueError("no such thing")

    monkeypatch.setattr("profiler.quality.pixels.ssim", broken)
    figures = score(IMAGES, PROMPTS, IMAGES, ("psnr", "ssim"), "tiny-sd", "embedded")
    assert figures["psnr"].value == 120.0
    assert figures["ssim"].reason == "ssim failed: ValueError: no such thing"
