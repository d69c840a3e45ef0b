"""Simple prompts come out small, others as asked, each in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import NoEffect
from profiler.pipelines.engine import Engine, Painted
from profiler.pipelines.optimise.resolution import SmallImages, complexity
from tests.pipelines.optimise.asking import Calls, effect_of, request, switched_on

SIMPLE = "a red circle"
BUSY = "a red circle, a blue square and a ring, with a cross beside a triangle, " * 3


@given(st.text())
def test_the_score_lies_between_nought_and_one(text):
    assert 0.0 <= complexity(text) <= 1.0


def test_the_score_is_the_formula():
    assert complexity("") == 0.0
    assert complexity("a cat") == pytest.approx(0.5 * 2 / 40 + 0.25 * 2 / 30)
    wanted = 0.5 * 6 / 40 + 0.25 * 4 / 30 + 0.25 * 2 / 8
    assert complexity("A cat, a dog and a") == pytest.approx(wanted)
    assert complexity(", ".join(f"word{i} and" for i in range(60))) == 1.0


def test_a_mixed_batch_is_painted_in_two_sizes_each_in_its_place(pipe, shared_pipe):
    prompts = (BUSY, SIMPLE, BUSY)
    engine, switched = switched_on(pipe, "dynamic-resolution", prompts=prompts)
    calls = Calls(pipe.unet)
    painted = engine(request(0, 1, 2, prompts=prompts))
    assert [image.shape for image in painted.images] == [(64, 64, 3), (32, 32, 3), (64, 64, 3)]
    assert sorted(calls.batches) == [2, 2, 4, 4]
    alone = Engine(shared_pipe)(request(1, prompts=prompts, width_px=32, height_px=32))
    np.testing.assert_allclose(painted.images[1], alone.images[0], atol=1e-4)
    effect = effect_of(switched)
    assert effect.uses == 1
    assert effect.details == {"share_small": pytest.approx(1 / 3), "images": 3}


@pytest.mark.parametrize(
    ("share", "multiple", "wanted"),
    [(0.5, 16, (32, 48)), (0.3, 8, (16, 24)), (0.05, 16, (16, 16)), (1.0, 16, (64, 96))],
)
def test_the_small_size_is_a_multiple_and_never_nothing(share, multiple, wanted):
    assert SmallImages(0.3, share, multiple).smaller(64, 96) == wanted


@pytest.mark.parametrize(
    ("parameters", "prompts", "reason"),
    [
        ({}, (BUSY,), "no prompt is below the threshold 0.3"),
        ({"threshold": 0.0}, (SIMPLE,), "no prompt is below the threshold 0"),
        ({"small_share": 1.0}, (SIMPLE,), "the same size"),
    ],
)
def test_what_cannot_matter_is_a_failure(pipe, parameters, prompts, reason):
    with pytest.raises(NoEffect, match=reason):
        switched_on(pipe, "dynamic-resolution", parameters, prompts=prompts)


def test_a_split_request_is_a_hit_only_if_both_parts_are():
    known = {SIMPLE}

    def inner(asked):
        cache = "hit" if set(asked.prompts) <= known else "miss"
        return Painted(tuple(np.zeros((1, 1, 3), np.float32) for _ in asked.prompts), cache)

    answer = SmallImages(0.3, 0.5, 16).layer(inner)
    both = request(0, 1, prompts=(SIMPLE, BUSY))
    assert answer(both).cache == "miss"
    known.add(BUSY)
    assert answer(both).cache == "hit"
