"""Prompt alignment counts attributes."""

from __future__ import annotations

import pytest

from profiler.catalogue.scenes import Scene
from profiler.errors import Unsupported
from profiler.pipelines.drawing import draw_scene
from profiler.quality.alignment import prompt_alignment
from profiler.quality.sample import Sample

SCENE = Scene("white", "circle", "red", "small", "left")


def sample(scene: Scene, prompt: str) -> Sample:
    return Sample((draw_scene(scene),), (prompt,), (None,), "tiny-sd", "embedded")


def test_all_right_and_one_wrong() -> None:
    assert prompt_alignment(sample(SCENE, SCENE.caption())) == [1.0]
    moved = Scene("white", "circle", "red", "small", "right")
    assert prompt_alignment(sample(moved, SCENE.caption())) == [pytest.approx(0.8)]


def test_a_prompt_from_another_world_is_refused_with_the_reason() -> None:
    with pytest.raises(Unsupported, match="astronaut"):
        prompt_alignment(sample(SCENE, "an astronaut riding a horse"))
