"""Compilation: where the compiler is missing, what is compiled, and its own clock."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.catalogue.requires import Setting, unmet
from profiler.errors import Unsupported
from tests.pipelines.optimise.switching import own_copy, switch_on, use

COMPILER = any(map(shutil.which, ("c++", "g++", "clang++", "cl")))


def test_the_unet_is_compiled_in_place_at_its_first_call(pipe, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: "c++")
    unet = pipe.unet
    bench = switch_on(pipe, use("compile"))
    assert pipe.unet is unet
    assert unet._compiled_call_impl is not None
    effect = bench.effect("compile")
    assert (effect.modules, effect.uses) == (1, 0)
    assert effect.details["compile_s"] == 0
    assert "none of the images" in effect.no_effect


def test_without_a_compiler_compile_is_unsupported(pipe, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unsupported, match=r"C\+\+ compiler"):
        switch_on(pipe, use("compile"))


@pytest.mark.skipif(not COMPILER, reason="no C++ compiler, which torch.compile needs on a CPU")
def test_the_repeated_blocks_alone_are_compiled(pipe, shared_pipe):
    blocks = [m for m in pipe.unet.modules() if type(m).__name__ == "BasicTransformerBlock"]
    bench = switch_on(pipe, use("compile", scope="repeated"), steps=2)
    assert all(block._compiled_call_impl is not None for block in blocks)
    assert pipe.unet._compiled_call_impl is None
    assert np.abs(bench.paint() - switch_on(shared_pipe, steps=2).paint()).max() < 1e-4
    effect = bench.effect("compile")
    assert effect.modules == len(blocks) > 0
    assert effect.uses > 0
    assert effect.details["compile_s"] > 0
    assert effect.details["graphs"] > 0
    # The second image needs no compiler.
    bench.paint()
    assert bench.effect("compile") == effect


def test_cuda_graphs_are_refused_on_a_cpu_by_plan_and_by_switch(pipe):
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    needs = OPTIMISATIONS["cuda-graphs"].requires
    assert "cuda only" in str(unmet("cuda-graphs", needs, setting, lambda _: True))
    with pytest.raises(Unsupported, match="GPU"):
        switch_on(pipe, use("cuda-graphs"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_graphs_paint_the_same_on_a_gpu(shared_pipe):
    own = own_copy(shared_pipe).to("cuda")
    wanted = switch_on(own, device="cuda:0").paint()
    bench = switch_on(own, use("cuda-graphs"), device="cuda:0")
    assert np.abs(bench.paint() - wanted).max() < 1e-3
    bench.paint()
    effect = bench.effect("cuda-graphs")
    assert effect.uses == 2 * 4
    assert effect.details == {"recordings": 1}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("mode", ["default", "reduce-overhead"])
def test_compiled_code_paints_the_same_on_a_gpu(shared_pipe, mode):
    pytest.importorskip("triton")
    own = own_copy(shared_pipe).to("cuda")
    wanted = switch_on(own, device="cuda:0").paint()
    bench = switch_on(own, use("compile", mode=mode), device="cuda:0")
    assert np.abs(bench.paint() - wanted).max() < 1e-2
    assert bench.effect("compile").uses > 0
