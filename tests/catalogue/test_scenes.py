"""Captions and scenes are two views of one thing."""

from __future__ import annotations

import pytest

from profiler.catalogue.scenes import TEMPLATES, all_scenes, parse_caption, sample_scenes


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_caption_reads_back(template: str) -> None:
    for scene in all_scenes():
        assert parse_caption(scene.caption(template)) == scene


def test_scenes_are_distinct_and_sampling_repeats() -> None:
    assert len(set(all_scenes())) == 1200
    assert sample_scenes(20, 4) == sample_scenes(20, 4) != sample_scenes(20, 5)


@pytest.mark.parametrize("text", ["", "a red dog", "a red blue circle small left white"])
def test_other_texts_are_no_scene(text: str) -> None:
    assert parse_caption(text) is None
