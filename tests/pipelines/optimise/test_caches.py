"""A cache answers what it knows, with the image that was painted, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from profiler.catalogue.chains import optimisations_problem
from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.requires import Setting, unmet
from profiler.pipelines.engine import Engine, Painted
from profiler.pipelines.optimise.caches import ImageCache, Lru, PromptCache
from profiler.records.cell import MethodUse
from tests.pipelines.optimise.asking import Calls, effect_of, request, switched_on

# A prompt encoded alone or in a batch differs in the last digits of a float.
ROUNDING = 1e-4


def test_the_entry_unused_for_longest_goes():
    kept: Lru[int] = Lru(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert kept.get("b") is None
    assert (kept.get("a"), kept.get("c")) == (1, 3)
    assert (kept.hits, kept.misses) == (3, 1)
    kept.clear()
    assert kept.get("a") is None


def test_a_known_prompt_is_not_encoded_again_and_paints_the_same(pipe, shared_pipe):
    engine, switched = switched_on(pipe, "prompt-cache")
    calls = Calls(pipe.text_encoder)
    first, again = engine(request(0)), engine(request(0))
    encodings = len(calls)
    assert (first.cache, again.cache) == ("miss", "hit")
    assert encodings == 2  # the prompt, and the empty one that guidance needs
    np.testing.assert_array_equal(first.images[0], again.images[0])
    plain = Engine(shared_pipe)(request(0))
    np.testing.assert_allclose(first.images[0], plain.images[0], atol=ROUNDING)
    effect = effect_of(switched)
    assert (effect.uses, effect.details["misses"], effect.no_effect) == (1, 1, "")
    assert effect.details["cache_bytes"] == 2 * 4 * np.prod(
        (pipe.tokenizer.model_max_length, pipe.text_encoder.config.hidden_size)
    )


def test_another_seed_is_another_image_of_a_known_prompt(pipe):
    engine, _ = switched_on(pipe, "prompt-cache")
    first, other = engine(request(0)), engine(replace(request(0), seeds=(7,)))
    assert other.cache == "hit"
    assert np.abs(first.images[0] - other.images[0]).max() > 0.1


def test_of_a_batch_only_the_unknown_prompts_are_encoded(pipe, shared_pipe):
    engine, _ = switched_on(pipe, "prompt-cache")
    engine(request(0))
    calls = Calls(pipe.text_encoder)
    both = engine(request(1, 0))
    assert both.cache == "miss"
    assert calls.batches == [1, 1]
    plain = Engine(shared_pipe)(request(1, 0))
    for image, wanted in zip(both.images, plain.images, strict=True):
        np.testing.assert_allclose(image, wanted, atol=ROUNDING)
    assert engine(request(0, 1, 0)).cache == "hit"


def test_embeddings_with_and_without_guidance_are_kept_apart(pipe, shared_pipe):
    engine, _ = switched_on(pipe, "prompt-cache")
    engine(request(0, guidance=1.0))
    guided = engine(request(0))
    assert guided.cache == "miss"
    wanted = Engine(shared_pipe)(request(0)).images[0]
    np.testing.assert_allclose(guided.images[0], wanted, atol=ROUNDING)
    assert engine(request(0, guidance=1.0)).cache == "hit"


def test_what_is_forgotten_is_a_miss(pipe):
    engine, _ = switched_on(pipe, "image-cache")
    assert engine.has_cache
    engine(request(0))
    engine.forget()
    assert engine(request(0)).cache == "miss"


def test_a_known_image_is_not_painted_again(pipe):
    engine, switched = switched_on(pipe, "image-cache", {"size": 3})
    assert effect_of(switched).no_effect  # nothing was asked for yet
    first = engine(request(0, 1))
    calls = Calls(pipe.unet)
    again = engine(request(1, 0))
    assert (first.cache, again.cache, len(calls)) == ("miss", "hit", 0)
    np.testing.assert_array_equal(again.images, first.images[::-1])
    part = engine(request(0, 2))
    assert part.cache == "miss"
    assert calls.batches == [2, 2]  # one image, guided, two steps
    np.testing.assert_array_equal(part.images[0], first.images[0])
    effect = effect_of(switched)
    assert (effect.uses, effect.details["entries"]) == (3, 3)
    assert effect.details["cache_bytes"] == 3 * 64 * 64 * 3 * 4
    with pytest.raises(ValueError, match="read-only"):
        again.images[0][0] = 0


@pytest.mark.parametrize(
    "change",
    [
        {"prompts": ("another",)},
        {"seeds": (1,)},
        {"width_px": 32},
        {"height_px": 32},
        {"steps": 3},
        {"guidance": 2.0},
        {"arguments": {"eta": 1.0}},
    ],
)
def test_whatever_determines_the_image_makes_another_image(change):
    answer = ImageCache(8).layer(
        lambda asked: Painted(tuple(np.zeros((1, 1, 3), np.float32) for _ in asked.prompts))
    )
    answer(request(0))
    assert answer(request(0)).cache == "hit"
    assert answer(replace(request(0), **change)).cache != "hit"


def test_a_cache_smaller_than_the_batch_paints_right_and_is_never_all_of_the_answer(
    pipe, shared_pipe
):
    engine, _ = switched_on(pipe, "prompt-cache", {"size": 1})
    wanted = Engine(shared_pipe)(request(0, 1)).images
    for _ in range(2):
        painted = engine(request(0, 1))
        assert painted.cache == "miss"
        np.testing.assert_allclose(painted.images, wanted, atol=ROUNDING)


def test_two_caches_in_one_cell_exclude_each_other():
    uses = (MethodUse("image-cache"), MethodUse("prompt-cache"))
    assert "exclude each other" in (optimisations_problem(uses) or "")


def test_embeddings_of_sdxl_have_four_parts(tiny_sdxl):
    names = (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )
    engine = Engine(tiny_sdxl)
    plain = engine(request(0, 1))
    calls = Calls(tiny_sdxl.text_encoder, tiny_sdxl.text_encoder_2)
    cache = PromptCache(tiny_sdxl, names, 8)
    engine.around(cache.layer)
    first = engine(request(0, 1))
    encodings = len(calls)
    again = engine(request(0, 1))
    assert (first.cache, again.cache) == ("miss", "hit")
    assert encodings == len(calls) > 0
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_allclose(first.images, plain.images, atol=ROUNDING)


def test_other_families_are_refused_with_the_reason():
    needs = optimisation("prompt-cache").requires
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    other = replace(needs, families=("flux",))
    assert unmet("prompt-cache", needs, setting, lambda _: True) is None
    reason = unmet("prompt-cache", other, setting, lambda _: True)
    assert "family flux" in (reason or "")
