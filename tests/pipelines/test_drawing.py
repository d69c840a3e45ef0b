"""Drawn scenes: each word shows, edges are smooth, and the resolution does not matter."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from profiler.catalogue.scenes import BACKGROUNDS, COLOURS, POSITIONS, SHAPES, SIZES, Scene
from profiler.pipelines.drawing import (
    Geometry,
    draw_mask,
    draw_scene,
    jittered_geometry,
    nominal_geometry,
)

OFF_GRID = Geometry(0.503, 0.497, 0.231)


def mask(shape, place=OFF_GRID, side_px=64):
    return np.asarray(draw_mask(shape, place, side_px)).astype(float) / 255


def pixels(scene, side_px=64, rng=None):
    return np.asarray(draw_scene(scene, side_px, rng)).astype(int)


@pytest.mark.parametrize(("one", "other"), list(combinations(SHAPES, 2)))
def test_two_shapes_of_one_size_differ_in_much_of_their_area(one, other):
    difference = np.abs(mask(one) - mask(other)).sum()
    assert difference > 0.1 * min(mask(one).sum(), mask(other).sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_are_antialiased_and_the_inside_is_full(shape):
    values = mask(shape)
    soft = (values > 0) & (values < 1)
    assert values.max() == 1
    assert values[0].max() == 0
    assert 0.01 < soft.sum() / (values > 0).sum() < 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_the_area_does_not_depend_on_the_resolution(shape):
    small, large = mask(shape, side_px=64), mask(shape, side_px=256)
    assert small.mean() == pytest.approx(large.mean(), rel=0.04)
    shrunk = large.reshape(64, 4, 64, 4).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 0.01


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="star"):
        draw_mask("star", OFF_GRID, 64)


@pytest.mark.parametrize("position", POSITIONS)
def test_the_shape_lies_where_the_word_says(position):
    values = mask("circle", nominal_geometry("small", position))
    rows, columns = np.nonzero(values > 0.5)
    x, y = (columns.mean() + 0.5) / 64, (rows.mean() + 0.5) / 64
    wanted = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1), "center": (0, 0)}
    dx, dy = wanted[position]
    assert (np.sign(round(x - 0.5, 2)), np.sign(round(y - 0.5, 2))) == (dx, dy)


def test_large_is_larger_and_both_fit_in_the_image():
    areas = {size: mask("square", nominal_geometry(size, "center")).sum() for size in SIZES}
    assert areas["large"] > 2 * areas["small"]
    for position in POSITIONS:
        values = mask("circle", nominal_geometry("large", position))
        border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
        assert border.max() == 0


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_colours_are_those_of_the_words(colour, background):
    image = pixels(Scene(background, "square", colour, "large", "center"))
    assert image.shape == (64, 64, 3)
    assert tuple(image[32, 32]) == COLOURS[colour]
    assert tuple(image[0, 0]) == BACKGROUNDS[background]


def test_jitter_is_small_seeded_and_different_each_time():
    scene = Scene("gray", "circle", "red", "large", "left")
    first, again = (pixels(scene, rng=random.Random(1)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, pixels(scene, rng=random.Random(2)))
    rng = random.Random(3)
    nominal = nominal_geometry("large", "left")
    for _ in range(200):
        place = jittered_geometry("large", "left", rng)
        assert abs(place.x - nominal.x) <= 0.02
        assert abs(place.y - nominal.y) <= 0.02
        assert place.radius == pytest.approx(nominal.radius, rel=0.061)
