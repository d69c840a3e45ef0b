"""Example inputs fit the components that they are made for."""

from __future__ import annotations

import copy

import pytest
import torch

from profiler.compress.examples import example_inputs
from profiler.errors import Unsupported
from profiler.pipelines.random_weights import random_pipeline
from tests.pipelines.small import shrunk


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@torch.no_grad()
def test_each_component_takes_its_examples(shared_pipe, component, dtype):
    module = copy.deepcopy(getattr(shared_pipe, component)).to(dtype)
    inputs = example_inputs(shared_pipe, component, dtype, "cpu")
    result = module(**inputs)[0]
    assert result.dtype is dtype
    assert result.isfinite().all()
    assert all(len(value) == 1 for value in inputs.values())


@pytest.mark.parametrize("model", ["sdxl", "ssd-1b", "sd3.5-medium", "flux-schnell"])
@torch.no_grad()
def test_every_family_takes_its_examples(model):
    design = shrunk(model)
    pipe = random_pipeline(design, torch.float32, "cpu")
    for component in design.parts:
        inputs = example_inputs(pipe, component, torch.float32, "cpu")
        assert getattr(pipe, component)(**inputs)[0].isfinite().all(), component


def test_they_are_the_same_each_time(shared_pipe):
    first, second = (example_inputs(shared_pipe, "unet", torch.float32, "cpu") for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_other_components_have_none(shared_pipe):
    with pytest.raises(Unsupported, match="scheduler"):
        example_inputs(shared_pipe, "scheduler", torch.float32, "cpu")
