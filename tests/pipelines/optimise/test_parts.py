"""What the optimisations share: parts, counts, and which weights are plain."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from profiler.errors import Unsupported
from profiler.pipelines.optimise.parts import (
    Count,
    countable,
    denoiser,
    hooked,
    is_plain,
    parts,
    refuse_cpu,
)
from profiler.records.cell import MethodUse
from tests.factories import make_cell


def test_the_parts_are_the_modules_with_the_denoiser_among_them(shared_pipe):
    found = parts(shared_pipe)
    assert {shared_pipe.unet, shared_pipe.vae, shared_pipe.text_encoder} == set(found)
    assert denoiser(shared_pipe) is shared_pipe.unet


def test_calls_are_counted():
    layers = [nn.Linear(2, 2), nn.Linear(2, 2)]
    count = Count()
    count.calls_of(layers)
    nn.Sequential(*layers, *layers)(torch.zeros(1, 2))
    assert count() == 4


@pytest.mark.parametrize(("name", "can"), [("compile", False), ("vae-tiling", True)])
def test_traced_code_is_not_counted(name, can):
    assert countable(make_cell(optimisations=(MethodUse(name),))) is can


def test_plain_is_an_ordinary_layer_with_ordinary_numbers():
    class Wrapped(nn.Linear):
        pass

    quantised = nn.Linear(2, 2)
    quantised.weight = nn.Parameter(torch.zeros(2, 2, dtype=torch.int8), requires_grad=False)
    assert is_plain(nn.Linear(2, 2), nn.Linear)
    assert not is_plain(nn.Conv2d(1, 1, 1), nn.Linear)
    assert not is_plain(Wrapped(2, 2), nn.Linear)
    assert not is_plain(quantised, nn.Linear)


def test_modules_with_a_hook_of_diffusers_are_found():
    from diffusers.hooks import apply_layerwise_casting

    part = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 2))
    assert hooked(part, "layerwise_casting") == []
    apply_layerwise_casting(part, torch.bfloat16, torch.float32, skip_modules_pattern=())
    assert hooked(part, "layerwise_casting") == [part[0], part[2]]
    assert hooked(part, "another_hook") == []


def test_a_cpu_is_refused_with_the_reason():
    refuse_cpu("offload", "cuda:0", "needs a GPU")
    with pytest.raises(Unsupported, match="offload needs a GPU; this cell runs on the CPU"):
        refuse_cpu("offload", "cpu", "needs a GPU")
