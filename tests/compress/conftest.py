"""tiny-sd, the context of its components, and a small UNet with two levels of cross attention."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch

from profiler.compress.contract import CompressionContext
from profiler.compress.examples import example_inputs
from profiler.pipelines.load import load_pipeline


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared_pipe():
    """tiny-sd in fp32; shared, so copy what you change."""
    return load_pipeline("tiny-sd", "embedded", "fp32", "cpu")


@pytest.fixture
def pipe():
    """A tiny-sd of the test's own."""
    return load_pipeline("tiny-sd", "embedded", "fp32", "cpu")


@pytest.fixture
def make_context(shared_pipe):
    """Context of a component by name, dtype, model and pipeline."""

    def make(component="unet", dtype=torch.float32, model="tiny-sd", pipe=shared_pipe):
        examples = partial(example_inputs, pipe, component, dtype, "cpu")
        return CompressionContext(pipe, component, "cpu", dtype, model, "embedded", examples)

    return make


@pytest.fixture(scope="session")
def _two_levels():
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        layers_per_block=2,
        block_out_channels=(32, 64, 64),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=128,
        attention_head_dim=4,
        norm_num_groups=8,
    ).eval()


@pytest.fixture
def two_levels(_two_levels):
    """A UNet like Stable Diffusion's in small, with random weights."""
    return copy.deepcopy(_two_levels)
