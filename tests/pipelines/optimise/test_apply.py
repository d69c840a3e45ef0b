"""A cell's optimisations are switched on in order, and one that does nothing is no success."""

from __future__ import annotations

import pytest

from profiler.catalogue.optimisations import OFFLOADS
from profiler.catalogue.switches_modules import MODULE_SWITCHES
from profiler.errors import NoEffect, UnknownName
from profiler.pipelines.optimise import first_device
from profiler.pipelines.optimise.apply import resolve
from profiler.records.cell import MethodUse
from tests.factories import make_cell
from tests.pipelines.optimise.switching import switch_on, use


@pytest.mark.parametrize("spec", MODULE_SWITCHES, ids=lambda spec: spec.name)
def test_every_entry_has_its_code_and_says_what_it_is(spec):
    assert callable(resolve(spec))
    assert spec.library
    assert spec.limits.endswith(".")


def test_several_go_in_the_catalogues_order(pipe, monkeypatch):
    names = ("compile", "vae-slicing", "channels-last")
    monkeypatch.setattr(type(pipe.unet), "compile", lambda self, **_: None)
    monkeypatch.setattr("shutil.which", lambda _: "c++")
    bench = switch_on(pipe, *map(use, names), batch_size=2)
    assert list(bench.switched.switches) == ["vae-slicing", "channels-last", "compile"]


def test_one_that_finds_nothing_is_a_failure(pipe):
    switch_on(pipe, use("channels-last"))
    with pytest.raises(NoEffect, match="channels-last"):
        switch_on(pipe, use("channels-last"))


def test_an_unknown_one_is_told_and_nothing_is_on(pipe):
    with pytest.raises(UnknownName, match="vae-tiling"):
        switch_on(pipe, MethodUse("channels-last"), MethodUse("vae-tilling"))
    assert not pipe.vae.use_tiling


def test_what_is_offloaded_is_loaded_on_the_host():
    def cell(*names):
        return make_cell(optimisations=tuple(MethodUse(name) for name in names))

    assert {first_device(cell(name), "cuda:0") for name in OFFLOADS} == {"cpu"}
    assert first_device(cell("channels-last"), "cuda:0") == "cuda:0"
    assert first_device(cell(), "cpu") == "cpu"
