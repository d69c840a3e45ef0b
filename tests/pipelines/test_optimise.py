"""The switches on a CPU: each reaches something and leaves the picture as it is."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from profiler.catalogue.optimisations import OFFLOADS, OPTIMISATIONS
from profiler.catalogue.precisions import PRECISIONS
from profiler.catalogue.requires import Setting, unmet
from profiler.compress.apply import apply_chain
from profiler.errors import NoEffect, UnknownName, Unsupported
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise import apply_optimisations, first_device
from profiler.records.cell import MethodUse
from tests.factories import int8_cell, make_cell
from tests.pipelines.paint import paint


def switch_on(pipe, cell, device):
    """Modules reached, by the optimisation's name."""
    effects = apply_optimisations(Engine(pipe), cell, device).effects()
    return {effect.method: effect.modules for effect in effects}


def cell_of(*names, **changes):
    return make_cell(optimisations=tuple(MethodUse(name) for name in names), **changes)


@pytest.mark.parametrize(
    ("name", "changes", "tolerance"),
    [
        ("attention-slicing", {}, 1e-3),
        ("vae-slicing", {"batch_size": 2}, 1e-3),
        ("channels-last", {}, 1e-3),
    ],
)
def test_a_switch_reaches_something_and_paints_the_same(
    pipe, shared_pipe, name, changes, tolerance
):
    cell = cell_of(name, **changes)
    reached = switch_on(pipe, cell, "cpu")
    assert list(reached) == [name]
    assert reached[name] > 0
    wanted = paint(shared_pipe, batch=cell.batch_size)
    assert np.abs(paint(pipe, batch=cell.batch_size) - wanted).max() < tolerance


def test_tiles_paint_nearly_the_same(pipe, shared_pipe):
    reached = switch_on(pipe, cell_of("vae-tiling", width_px=128, height_px=128), "cpu")
    assert reached == {"vae-tiling": 1}
    difference = np.abs(paint(pipe, side_px=128) - paint(shared_pipe, side_px=128))
    assert 0 < difference.mean() < 0.1


def test_every_attention_layer_of_the_unet_is_sliced(pipe):
    reached = switch_on(pipe, cell_of("attention-slicing"), "cpu")
    processors = pipe.unet.attn_processors.values()
    assert all("Sliced" in type(processor).__name__ for processor in processors)
    assert reached["attention-slicing"] >= len(processors) > 0


def test_every_kernel_is_in_the_new_order(pipe):
    switch_on(pipe, cell_of("channels-last"), "cpu")
    kernels = [p for part in (pipe.unet, pipe.vae) for p in part.parameters() if p.ndim == 4]
    assert kernels
    assert all(k.is_contiguous(memory_format=torch.channels_last) for k in kernels)


def test_quantised_kernels_are_reordered_as_well(pipe):
    parts = ("unet", "vae")
    quantised = int8_cell().compression[0]
    cell = cell_of(
        "channels-last", compression=(MethodUse("absmax-int8", parts, quantised.parameters),)
    )
    apply_chain(pipe, cell, "cpu")
    before = paint(pipe)
    assert switch_on(pipe, cell, "cpu")["channels-last"] > 0
    assert np.abs(paint(pipe) - before).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("vae-slicing", {"batch_size": 1}, "one image"),
        ("vae-tiling", {"batch_size": 2}, "64x64"),
    ],
)
def test_a_switch_that_cannot_matter_is_a_failure(pipe, name, changes, reason):
    with pytest.raises(NoEffect, match=rf"{name}.*{reason}"):
        switch_on(pipe, cell_of(name, **changes), "cpu")


def test_a_switch_that_finds_nothing_is_a_failure(pipe):
    switch_on(pipe, cell_of("channels-last"), "cpu")
    with pytest.raises(NoEffect, match="channels-last"):
        switch_on(pipe, cell_of("channels-last"), "cpu")


def test_several_go_in_the_catalogues_order(pipe, monkeypatch):
    names = ("compile", "vae-slicing", "channels-last")
    monkeypatch.setattr(type(pipe.unet), "compile", lambda self, **_: None)
    monkeypatch.setattr("shutil.which", lambda _: "c++")
    reached = switch_on(pipe, cell_of(*names, batch_size=2), "cpu")
    assert list(reached) == ["vae-slicing", "channels-last", "compile"]


def test_compile_is_switched_on_in_place(pipe, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: "c++")
    unet = pipe.unet
    cell = make_cell(optimisations=(MethodUse("compile", (), {"mode": "default"}),))
    assert switch_on(pipe, cell, "cpu") == {"compile": 1}
    assert pipe.unet is unet
    # Nothing is compiled before the first call.
    assert unet._compiled_call_impl is not None


def test_without_a_compiler_compile_is_unsupported(pipe, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unsupported, match=r"C\+\+ compiler"):
        switch_on(pipe, cell_of("compile"), "cpu")


@pytest.mark.parametrize("name", sorted(OFFLOADS))
def test_offloads_are_refused_on_a_cpu_by_plan_and_by_switch(pipe, name):
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", next(iter(PRECISIONS)))
    reason = unmet(name, OPTIMISATIONS[name].requires, setting, lambda _: True)
    assert "cuda only" in (reason or "")
    with pytest.raises(Unsupported, match="GPU"):
        switch_on(pipe, cell_of(name), "cpu")
    assert not any(hasattr(layer, "_hf_hook") for layer in pipe.unet.modules())


def test_what_is_offloaded_is_loaded_on_the_host():
    assert {first_device(cell_of(name), "cuda:0") for name in OFFLOADS} == {"cpu"}
    assert first_device(cell_of("channels-last"), "cuda:0") == "cuda:0"
    assert first_device(cell_of(), "cpu") == "cpu"


def test_an_unknown_switch_is_told_and_nothing_is_on(pipe):
    with pytest.raises(UnknownName, match="vae-tiling"):
        switch_on(pipe, cell_of("channels-last", "vae-tilling"), "cpu")
    assert not pipe.vae.use_tiling


def test_sliced_attention_of_a_shared_pipeline_was_not_touched(shared_pipe):
    copied = copy.deepcopy(shared_pipe.unet)
    copied.set_attention_slice("auto")
    processors = shared_pipe.unet.attn_processors.values()
    assert not any("Sliced" in type(processor).__name__ for processor in processors)
