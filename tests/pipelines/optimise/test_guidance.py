"""After its part of the steps guidance is off: half the batch, and the image that follows."""

from __future__ import annotations

import numpy as np
import pytest

from profiler.errors import NoEffect
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise.guidance import GuidanceStop, guided_steps
from tests.pipelines.optimise.asking import Calls, effect_of, request, switched_on


def test_half_the_steps_cost_half_of_a_guided_batch(pipe, shared_pipe):
    engine, switched = switched_on(pipe, "guidance-interval", steps=4)
    calls = Calls(pipe.unet)
    painted = engine(request(0, 1, steps=4))
    assert calls.batches == [4, 4, 2, 2]
    plain = Engine(shared_pipe)(request(0, 1, steps=4))
    assert all(np.isfinite(image).all() for image in painted.images)
    assert 0 < np.abs(np.array(painted.images) - np.array(plain.images)).mean() < 0.2
    effect = effect_of(switched)
    assert (effect.uses, effect.details) == (2, {"guided_steps": 2, "unguided_steps": 2})
    # The next request is guided again from its first step.
    engine(request(0, 1, steps=4))
    assert calls.batches[4:] == [4, 4, 2, 2]


def test_without_any_guided_step_the_image_is_the_unguided_one(pipe, shared_pipe):
    engine, switched = switched_on(pipe, "guidance-interval", {"stop": 0.0})
    plain = Engine(shared_pipe)(request(0, guidance=1.0))
    np.testing.assert_array_equal(engine(request(0)).images[0], plain.images[0])
    assert effect_of(switched).uses == 2


@pytest.mark.parametrize(
    ("stop", "changes", "reason"),
    [
        (1.0, {}, "all 2 steps"),
        (0.9, {}, "all 2 steps"),
        (0.5, {"guidance": 1.0}, "guidance 1 is off"),
    ],
)
def test_what_cannot_matter_is_a_failure(pipe, stop, changes, reason):
    with pytest.raises(NoEffect, match=reason):
        switched_on(pipe, "guidance-interval", {"stop": stop}, **changes)


def test_steps_are_rounded_to_the_nearest():
    assert [guided_steps(20, stop) for stop in (0.0, 0.02, 0.025, 0.5, 1.0)] == [0, 0, 1, 10, 20]
    assert guided_steps(5, 0.5) == 3


def test_the_callbacks_of_others_see_their_tensors(pipe):
    engine, _ = switched_on(pipe, "guidance-interval")
    seen = []

    def look(_pipe, _step, _when, tensors):
        seen.append(sorted(tensors))
        return tensors

    engine(request(0, on_step=(look,)))
    assert seen == [["latents", "prompt_embeds"]] * 2


def test_sdxl_halves_all_that_is_doubled(tiny_sdxl):
    layer = GuidanceStop(0.5, ("prompt_embeds", "add_text_embeds", "add_time_ids"))
    engine = Engine(tiny_sdxl)
    engine.around(layer.layer)
    calls = Calls(tiny_sdxl.unet)
    painted = engine(request(0, 1))
    assert calls.batches == [4, 2]
    assert all(np.isfinite(image).all() for image in painted.images)
    assert (layer.guided, layer.unguided) == (1, 1)
