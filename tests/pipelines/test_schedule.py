"""Each scheduler of the catalogue paints with tiny-sd, as its weights were trained."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from profiler.catalogue.schedulers import SCHEDULERS, SchedulerSpec
from profiler.errors import UnknownName, Unsupported
from profiler.pipelines.random_weights import random_pipeline
from profiler.pipelines.schedule import set_scheduler
from tests.pipelines.paint import paint
from tests.pipelines.small import shrunk

# Those for models that were trained as tiny-sd was.
DIFFUSION = [
    name
    for name, spec in SCHEDULERS.items()
    if "stable-diffusion" not in spec.not_families and not spec.families
]
# What the training fixed; a sampler that forgets one of these paints noise.
TRAINED = ("prediction_type", "beta_start", "beta_end", "beta_schedule", "num_train_timesteps")
# No argument of this class: it starts from the noisiest level below zero signal instead.
NO_ZERO_SNR = frozenset({"pndm"})


@pytest.fixture
def own(shared_pipe):
    """A pipeline whose scheduler may be changed; the weights are shared."""
    pipe = copy.copy(shared_pipe)
    pipe.scheduler = type(shared_pipe.scheduler).from_config(shared_pipe.scheduler.config)
    return pipe


@pytest.mark.parametrize("name", DIFFUSION)
def test_it_paints_in_four_steps_in_the_settings_of_the_training(own, name):
    before = dict(own.scheduler.config)
    scheduler = set_scheduler(own, name)
    assert own.scheduler is scheduler
    assert type(scheduler).__name__ == SCHEDULERS[name].diffusers_class
    for key in (*TRAINED, "timestep_spacing"):
        assert scheduler.config[key] == before[key], key
    images = paint(own, steps=4)
    assert np.isfinite(images).all()
    assert images.std() > 0.05


@pytest.mark.parametrize("name", sorted(set(DIFFUSION) - NO_ZERO_SNR))
def test_it_starts_from_pure_noise(own, name):
    scheduler = set_scheduler(own, name)
    assert scheduler.config.rescale_betas_zero_snr is True
    # 2**-24 instead of 0, where a solver would divide by it.
    assert scheduler.alphas_cumprod[-1].item() < 1e-6


@pytest.mark.parametrize("name", sorted(NO_ZERO_SNR))
def test_the_exceptions_are_still_exceptions(own, name):
    assert set_scheduler(own, name).alphas_cumprod[-1].item() > 1e-4


@pytest.mark.parametrize("name", sorted(set(DIFFUSION) - {"ddpm", "euler-a", "lcm", "tcd"}))
def test_deterministic_ones_agree_on_the_picture(own, name):
    set_scheduler(own, "ddim")
    reference = paint(own, steps=20)
    set_scheduler(own, name)
    assert np.abs(paint(own, steps=20) - reference).mean() < 0.05


def test_arguments_of_the_catalogue_reach_the_scheduler(own):
    for name in DIFFUSION:
        spec = SCHEDULERS[name]
        config = set_scheduler(own, name).config
        assert {key: config[key] for key in spec.arguments} == dict(spec.arguments)


def test_back_and_forth_is_the_same_scheduler(own):
    before = dict(own.scheduler.config)
    for name in ("pndm", "euler", "ddim"):
        set_scheduler(own, name)
    after = dict(own.scheduler.config)
    assert {key: after[key] for key in before} == before
    assert torch.equal(
        own.scheduler.alphas_cumprod, type(own.scheduler).from_config(before).alphas_cumprod
    )


def test_flow_matching_and_diffusion_do_not_mix(own):
    before = own.scheduler
    with pytest.raises(Unsupported, match="FlowMatchEulerDiscreteScheduler"):
        set_scheduler(own, "flow-euler")
    assert own.scheduler is before
    flow = random_pipeline(shrunk("flux-schnell"), torch.float32, "cpu")
    with pytest.raises(Unsupported, match="flow-euler"):
        set_scheduler(flow, "ddim")
    assert set_scheduler(flow, "flow-euler").config.max_shift == 1.15


def test_an_unknown_name_leaves_the_scheduler(own):
    before = own.scheduler
    with pytest.raises(UnknownName, match="euler"):
        set_scheduler(own, "eulr")
    assert own.scheduler is before


def test_a_class_of_another_package(own, monkeypatch):
    spec = SchedulerSpec("mine", "diffusers.schedulers:HeunDiscreteScheduler", "doc", "source")
    monkeypatch.setitem(SCHEDULERS, "mine", spec)
    assert type(set_scheduler(own, "mine")).__name__ == "HeunDiscreteScheduler"
    broken = SchedulerSpec("broken", "diffusers.schedulers:Nothing", "doc", "source")
    monkeypatch.setitem(SCHEDULERS, "broken", broken)
    with pytest.raises(Unsupported, match=r"scheduler broken: its class .* cannot be loaded"):
        set_scheduler(own, "broken")
