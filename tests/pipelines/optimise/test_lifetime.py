"""Warm-up before the first request, and what is left once the pipeline is dropped."""

from __future__ import annotations

import pytest
import torch

from profiler.pipelines.engine import Engine
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.optimise import apply_optimisations
from tests.pipelines.optimise.asking import Calls, cell_with, effect_of, request, switched_on


def test_throw_away_images_are_painted_in_whole_batches_before_the_first_request(pipe):
    engine, switched = switched_on(pipe, "preload", {"images": 3}, batch_size=2)
    calls = Calls(pipe.unet)
    assert engine.warms_up
    assert effect_of(switched).uses == 0
    engine.warm_up()
    assert calls.batches == [4] * 4  # two batches of two, guided, two steps each
    effect = effect_of(switched)
    assert (effect.uses, effect.details["images"]) == (4, 4)
    assert effect.details["warm_up_s"] > 0


def test_what_the_warm_up_left_in_a_cache_answers_no_request(pipe):
    cell = cell_with("preload")
    cache = cell_with("prompt-cache")
    engine = Engine(pipe)
    apply_optimisations(engine, cell_with("preload"), "cpu")
    apply_optimisations(engine, cache, "cpu")
    engine.warm_up()
    assert engine(request(0, prompts=cell.prompts)).cache == "miss"


def test_an_engine_without_preload_has_nothing_to_do_first(pipe):
    engine = Engine(pipe)
    assert not engine.warms_up
    assert not engine.endings


def test_memory_is_released_once_nothing_holds_the_pipeline():
    pipe = load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    engine, switched = switched_on(pipe, "release-memory")
    engine(request(0))
    assert effect_of(switched).uses == 0
    (ending,) = engine.endings.values()
    with ending():
        del pipe, engine
    effect = effect_of(switched)
    assert (effect.uses, effect.no_effect) == (1, "")
    assert effect.details["parts_left"] == 0
    assert effect.details["rss_before_bytes"] > 0
    share = 1 - effect.details["rss_after_bytes"] / effect.details["rss_before_bytes"]
    assert effect.details["returned_share"] == share


def test_a_pipeline_that_is_still_held_is_no_success(pipe):
    engine, switched = switched_on(pipe, "release-memory")
    (ending,) = engine.endings.values()
    with ending():
        del engine
    effect = effect_of(switched)
    assert effect.uses == 0
    assert effect.no_effect
    assert effect.details["parts_left"] == 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_gets_its_memory_back():
    pipe = load_pipeline("tiny-sd", "embedded", "fp16", "cuda:0")
    engine = Engine(pipe)
    cell = cell_with("release-memory", precision="fp16")
    switched = apply_optimisations(engine, cell, "cuda:0")
    engine(request(0))
    (ending,) = engine.endings.values()
    with ending():
        del pipe, engine
    details = effect_of(switched).details
    assert details["parts_left"] == 0
    assert details["allocated_after_bytes"] < details["allocated_before_bytes"]
    assert details["reserved_after_bytes"] < details["reserved_before_bytes"]
    assert details["returned_share"] > 0.5
