"""The judge against drawn images, whose content is known."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from PIL import Image

from profiler.catalogue.scenes import VOCABULARY, Scene, all_scenes, sample_scenes
from profiler.pipelines.drawing import draw_scene
from profiler.quality.judge import agreement, read_scene


def test_reads_drawn_images_right_in_at_least_99_percent_per_attribute() -> None:
    rng = random.Random(11)
    scenes = sample_scenes(400, seed=12)
    right: Counter[str] = Counter()
    for scene in scenes:
        seen = read_scene(draw_scene(scene, 64, rng))
        right.update(name for name, same in agreement(scene, seen).items() if same)
    for attribute in VOCABULARY:
        assert right[attribute] / len(scenes) >= 0.99, attribute


def test_reads_every_word_of_every_attribute() -> None:
    seen_words = {name: set() for name in VOCABULARY}
    for index, scene in enumerate(all_scenes()):
        if index % 7 == 0:
            for name, word in read_scene(draw_scene(scene)).attributes().items():
                seen_words[name].add(word)
    assert seen_words == {name: set(words) for name, words in VOCABULARY.items()}


@pytest.mark.parametrize("side_px", [32, 96, 128])
def test_other_resolutions_are_read_as_well(side_px: int) -> None:
    scene = Scene("gray", "ring", "orange", "large", "right")
    assert read_scene(draw_scene(scene, side_px)) == scene


def test_a_wrong_image_is_not_called_right() -> None:
    wanted = Scene("white", "circle", "red", "small", "left")
    shown = Scene("black", "square", "blue", "large", "right")
    assert not any(agreement(wanted, read_scene(draw_scene(shown))).values())


def test_is_deterministic_and_answers_for_an_empty_image() -> None:
    blank = Image.new("RGB", (64, 64), (250, 250, 250))
    assert read_scene(blank) == read_scene(blank)
    assert read_scene(blank).background == "white"


def test_chance_level_on_noise_is_far_from_right() -> None:
    rng = random.Random(5)
    scenes = sample_scenes(40, seed=6)
    right = 0
    for scene in scenes:
        noise = Image.frombytes("RGB", (64, 64), rng.randbytes(64 * 64 * 3))
        right += sum(agreement(scene, read_scene(noise)).values())
    assert right / (40 * 5) < 0.5
