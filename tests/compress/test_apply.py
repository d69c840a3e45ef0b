"""The chain on a pipeline: order, true bytes, and no method that does nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from profiler.catalogue.compression import COMPRESSIONS
from profiler.compress.apply import apply_chain, resolve
from profiler.compress.contract import Applied
from profiler.compress.size import component_bytes
from profiler.errors import NoEffect, UnknownName, Unsupported
from profiler.records.catalogue import MethodSpec, Requirements
from profiler.records.cell import MethodUse
from tests.factories import make_cell
from tests.pipelines.paint import paint

CALLS = []
PARTS = ("unet", "vae", "text_encoder")


def use(method, components=("unet",), **parameters):
    return MethodUse(method, components, {**COMPRESSIONS[method].defaults(), **parameters})


def cell_of(*uses, **changes):
    return make_cell(compression=uses, **changes)


def idle(module, context):
    """Does nothing and is honest about it."""
    return Applied(module, 0, 1)


def lying(module, context):
    """Does nothing and says that it did."""
    return Applied(module, 7, 7)


def vae_only(module, context):
    """Works on one component and lies about the others."""
    return halve(module, context) if context.component == "vae" else lying(module, context)


def halve(module, context, factor=0.5):
    """Writes to one weight of the first layer, in place."""
    CALLS.append((context.component, context.dtype, context.device, context.model, factor))
    next(module.parameters()).mul_(factor)
    return Applied(module, 1, 1, {"factor": factor})


def elsewhere(module, context):
    """Another module in the place of the first."""
    return Applied(nn.Sequential(nn.Linear(3, 3, bias=False)), 1, 1)


@pytest.fixture
def register(monkeypatch):
    """Put a function of this file into the catalogue."""
    CALLS.clear()

    def add(function, **changes):
        name = function.__name__
        spec = MethodSpec(
            name=name,
            kind="quantise",
            target=f"{__name__}:{name}",
            doc="",
            source="",
            components=PARTS,
            **changes,
        )
        monkeypatch.setitem(COMPRESSIONS, name, spec)
        monkeypatch.setattr("profiler.compress.apply.resolve", lambda spec: globals()[spec.name])
        return name

    return add


def test_without_methods_the_report_tells_the_bytes(pipe):
    report = apply_chain(pipe, cell_of(), "cpu")
    assert report.methods == ()
    assert report.components == report.original == component_bytes(pipe)
    assert set(report.components) == set(PARTS)
    by_hand = sum(p.numel() * 4 for part in PARTS for p in getattr(pipe, part).parameters())
    assert by_hand <= report.total_bytes < 1.001 * by_hand


@pytest.mark.parametrize(
    ("method", "most"), [("absmax-int8", 0.03), ("bnb-int8", 0.03), ("bnb-nf4", 0.08)]
)
def test_each_quantiser_on_all_parts_still_paints_the_picture(pipe, shared_pipe, method, most):
    report = apply_chain(pipe, cell_of(use(method, PARTS)), "cpu")
    effect = report.methods[0]
    assert effect.components == PARTS
    assert all(report.components[part] < report.original[part] for part in PARTS)
    assert effect.bytes_before == sum(report.original.values())
    assert effect.bytes_after == sum(report.components.values()) == report.total_bytes
    assert 0 < effect.layers_touched <= effect.layers_total
    assert effect.wall_s > 0
    difference = np.abs(paint(pipe, steps=4) - paint(shared_pipe, steps=4))
    assert 0 < difference.mean() < most


def test_a_chain_is_applied_in_its_order_and_bytes_follow_on(pipe):
    chain = (use("structured-pruning"), use("absmax-int8"), use("bnb-int8", ("text_encoder",)))
    report = apply_chain(pipe, cell_of(*chain), "cpu")
    prune, quantise, text = report.methods
    assert [effect.method for effect in report.methods] == [u.method for u in chain]
    assert prune.bytes_before == report.original["unet"]
    assert prune.bytes_after == quantise.bytes_before
    assert quantise.bytes_after == report.components["unet"]
    assert (text.bytes_before, text.bytes_after) == (
        report.original["text_encoder"],
        report.components["text_encoder"],
    )
    assert report.components["vae"] == report.original["vae"]
    assert prune.details["achieved_ratio"] > 0
    assert np.isfinite(paint(pipe)).all()


def test_details_name_the_component_where_there_are_several(pipe, register):
    name = register(halve)
    one = apply_chain(pipe, cell_of(MethodUse(name, ("vae",))), "cpu").methods[0]
    two = apply_chain(pipe, cell_of(MethodUse(name, ("vae", "unet"))), "cpu").methods[0]
    assert one.details == {"factor": 0.5}
    assert two.details == {"vae.factor": 0.5, "unet.factor": 0.5}
    assert (two.layers_touched, two.layers_total) == (2, 2)


def test_the_method_is_told_where_it_stands(pipe, register):
    name = register(halve)
    pipe.to(torch.bfloat16)
    uses = MethodUse(name, ("unet", "text_encoder"), {"factor": 0.25})
    apply_chain(pipe, cell_of(uses, precision="bf16"), "cpu")
    told = (torch.bfloat16, "cpu", "tiny-sd", 0.25)
    assert [("unet", *told), ("text_encoder", *told)] == CALLS


def test_without_components_it_is_the_unet(pipe, register):
    effect = apply_chain(pipe, cell_of(MethodUse(register(halve))), "cpu").methods[0]
    assert effect.components == ("unet",)
    assert [call[0] for call in CALLS] == ["unet"]


def test_another_module_takes_the_place_in_the_pipeline(pipe, register):
    report = apply_chain(pipe, cell_of(MethodUse(register(elsewhere), ("vae",))), "cpu")
    assert isinstance(pipe.vae, nn.Sequential)
    assert report.components["vae"] == report.methods[0].bytes_after == 36


@pytest.mark.parametrize("function", [idle, lying])
def test_a_method_that_changes_nothing_fails_whatever_it_says(pipe, register, function):
    with pytest.raises(NoEffect, match=rf"{function.__name__}.*unet"):
        apply_chain(pipe, cell_of(MethodUse(register(function), ("unet",))), "cpu")


def test_one_idle_component_of_several_fails_as_well(pipe, register):
    with pytest.raises(NoEffect, match="text_encoder"):
        apply_chain(pipe, cell_of(MethodUse(register(vae_only), ("vae", "text_encoder"))), "cpu")


def test_quantising_the_same_part_twice_fails(pipe):
    with pytest.raises(NoEffect, match="unet"):
        apply_chain(pipe, cell_of(use("absmax-int8"), use("absmax-int8")), "cpu")


@pytest.mark.parametrize("component", ["unet_2", "scheduler", "safety_checker"])
def test_a_component_without_weights_is_unsupported(pipe, component):
    with pytest.raises(Unsupported, match=component) as caught:
        apply_chain(pipe, cell_of(use("absmax-int8", (component,))), "cpu")
    assert "text_encoder" in str(caught.value)


def test_an_unknown_method_is_told_with_the_nearest(pipe):
    with pytest.raises(UnknownName, match="absmax-int8"):
        apply_chain(pipe, cell_of(MethodUse("absmax-int9", ("unet",))), "cpu")


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (Requirements(devices=("cuda",)), "cuda only; .* is a cpu device"),
        (Requirements(models=("sd15",)), "not for tiny-sd"),
        (Requirements(precisions=("bf16",)), "not fp32"),
        (Requirements(packages=("no_such_package",)), "no_such_package"),
    ],
)
def test_what_a_method_needs_is_looked_at_before_it_runs(pipe, register, requires, reason):
    name = register(halve, requires=requires)
    with pytest.raises(Unsupported, match=reason):
        apply_chain(pipe, cell_of(MethodUse(name, ("unet",))), "cpu")
    assert CALLS == []


@pytest.mark.parametrize("target", ["no_such_package.methods:f", "profiler.compress.bnb:int9"])
def test_a_target_that_does_not_exist_is_named(target):
    spec = MethodSpec(name="mine", kind="quantise", target=target, doc="", source="")
    with pytest.raises(Unsupported, match="mine") as caught:
        resolve(spec)
    assert target in str(caught.value)


@pytest.mark.parametrize("spec", COMPRESSIONS.values(), ids=lambda spec: spec.name)
def test_every_target_of_the_catalogue_exists(spec):
    assert callable(resolve(spec))
