"""Offloads move weights to a GPU: without one they are refused, by plan and by switch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from profiler.catalogue.optimisations import OFFLOADS, OPTIMISATIONS
from profiler.catalogue.requires import Setting, unmet
from profiler.errors import Unsupported
from tests.pipelines.optimise.switching import own_copy, switch_on, use


@pytest.mark.parametrize("name", sorted(OFFLOADS))
def test_offloads_are_refused_on_a_cpu_by_plan_and_by_switch(pipe, name):
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    reason = unmet(name, OPTIMISATIONS[name].requires, setting, lambda _: True)
    assert "cuda only" in (reason or "")
    with pytest.raises(Unsupported, match="GPU"):
        switch_on(pipe, use(name))
    for layer in pipe.unet.modules():
        assert not hasattr(layer, "_hf_hook")
        assert not hasattr(layer, "_diffusers_hook")


def test_all_of_them_are_known():
    assert {"model-offload", "sequential-offload", "group-offload"} == OFFLOADS


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    "one",
    [
        use("model-offload"),
        use("sequential-offload"),
        use("group-offload"),
        use("group-offload", level="leaf"),
        use("group-offload", level="leaf", stream=True),
        use("group-offload", level="block", stream=True),
    ],
    ids=lambda one: one.label(),
)
def test_offloaded_weights_paint_the_same_on_a_gpu(shared_pipe, one):
    wanted = switch_on(own_copy(shared_pipe).to("cuda"), device="cuda:0").paint()
    bench = switch_on(own_copy(shared_pipe), one, device="cuda:0")
    assert bench.effect(one.method).modules > 0
    assert np.abs(bench.paint() - wanted).max() < 1e-3
    # After the image the weights wait on the host again.
    assert {p.device.type for p in bench.pipe.unet.parameters()} <= {"cpu", "meta"}
