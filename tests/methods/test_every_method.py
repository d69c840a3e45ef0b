"""Every method and optimisation of the catalogue, tried here or refused with its exact reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from profiler.catalogue.compression import COMPRESSIONS, default_components
from profiler.catalogue.models import model
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.catalogue.precisions import precision
from profiler.catalogue.requires import Setting, distribution, installed, precision_refused, unmet
from profiler.catalogue.schedulers import SCHEDULERS
from profiler.compress.apply import apply_chain
from profiler.devices.cpu import cpu_profile
from profiler.errors import NoEffect, Unsupported
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise import apply_optimisations
from profiler.pipelines.schedule import set_scheduler
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import MethodEffect
from profiler.suite.feasibility import why_not
from tests.factories import make_cell
from tests.methods.cases import CASES, OTHER_IMAGES, SMALL, TINY, Case
from tests.methods.sources import parameters_of
from tests.methods.subjects import Painting, divergence_db, own_copy, paint, prints, subject

SPECS = {**COMPRESSIONS, **OPTIMISATIONS}
LAYERS = {"linear": nn.Linear, "conv": nn.Conv2d}
# Scales, zero points and tables of quantisers, as a share of the packed weights and per layer.
OVERHEAD, OVERHEAD_BYTES = 0.5, 512


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def originals() -> dict[str, Any]:
    """The two subjects; no test may change them."""
    return {name: subject(name) for name in (TINY, SMALL)}


@pytest.fixture(scope="session")
def painted(originals: dict[str, Any]) -> dict[tuple[object, ...], Painting]:
    """What the originals paint, by subject, steps and images; filled on demand."""
    return {}


@pytest.fixture(scope="session")
def first_prints(originals: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {name: prints(pipe) for name, pipe in originals.items()}


def test_every_entry_has_a_bound_and_nothing_else() -> None:
    assert CASES.keys() == SPECS.keys()


@pytest.mark.parametrize("which", [TINY, SMALL])
@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.filterwarnings("ignore")
def test_it_does_what_it_says(
    name: str,
    which: str,
    originals: dict[str, Any],
    painted: dict[tuple[object, ...], Painting],
    first_prints: dict[str, dict[str, str]],
    tmp_path: Any,
) -> None:
    spec, case, original = SPECS[name], CASES[name], originals[which]
    cell = cell_of(spec, case, which)
    if reason := refusal(spec, cell):
        assert_exact(reason, spec, cell)
        with pytest.raises(Unsupported) as refused:
            apply(spec, own_copy(original, torch.float32), cell)
        assert refused.value.args
        return
    if reason := case.left_out.get(which):
        pytest.skip(reason)
    key = (which, case.steps, case.images, case.side_px)
    if key not in painted:
        painted[key] = paint(Engine(original), case)
    cell = with_parameters(cell, parameters_of(name, original, which, tmp_path))
    try:
        if reason := case.refused.get(which):
            with pytest.raises(Unsupported, match=reason):
                try_out(spec, case, original, cell, painted[key])
        elif reason := case.idle.get(which):
            with pytest.raises(NoEffect, match=reason):
                try_out(spec, case, original, cell, painted[key])
        else:
            found = try_out(spec, case, original, cell, painted[key])
            assert found >= case.bound(which), f"{found:.1f} dB"
    finally:
        # Neither the weights of the original nor the libraries that all share were changed.
        assert prints(original) == first_prints[which]
        again = paint(Engine(original), case)
        assert divergence_db(again, painted[key]) == math.inf


@pytest.mark.parametrize("which", [TINY, SMALL])
@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_every_sampler_paints(
    name: str, which: str, originals: dict[str, Any], first_prints: dict[str, dict[str, str]]
) -> None:
    original, case = originals[which], Case(OTHER_IMAGES, steps=3)
    pipe = own_copy(original, torch.float32)
    cell = make_cell(model=which, weights=model(which).weights[-1], scheduler=name)
    if reason := why_not(cell, cpu_profile()):
        assert name in reason
        assert which in reason
        return
    set_scheduler(pipe, name)
    painting = paint(Engine(pipe), case)
    assert all(np.isfinite(image).all() for image in painting.images)
    usual = type(original.scheduler) is type(pipe.scheduler)
    plain = paint(Engine(original), case)
    assert (divergence_db(painting, plain) == math.inf) == usual
    assert prints(original) == first_prints[which]


def try_out(spec: MethodSpec, case: Case, original: Any, cell: Cell, plain: Painting) -> float:
    """Apply and paint; effect, bytes and finiteness are checked, the divergence is returned."""
    pipe = own_copy(original, getattr(torch, precision(cell.precision).torch_dtype))
    if spec.kind != "optimise":
        (effect,) = apply_chain(pipe, cell, "cpu").methods
        assert effect.layers_touched > 0
        check_bytes(spec, original, pipe, effect)
        painting = paint(Engine(pipe), case)
    else:
        engine = Engine(pipe)
        switched = apply_optimisations(engine, cell, "cpu")
        engine.warm_up()
        painting = paint(engine, case)
        if engine.has_cache:
            painting = paint(engine, case)
        with ExitStack() as stack:
            if engine.endings:
                for ending in engine.endings.values():
                    stack.enter_context(ending())
                switched = switched.only(engine.endings)
                del pipe, engine
        (done,) = switched.effects()
        assert done.modules > 0
        if done.no_effect:
            raise NoEffect(done.no_effect)
    assert all(np.isfinite(image).all() for image in painting.images)
    return divergence_db(painting, plain)


def cell_of(spec: MethodSpec, case: Case, which: str) -> Cell:
    """The cell with this method alone, in the first precision that it takes."""
    names = spec.requires.precisions
    chosen = "fp32" if not names or "fp32" in names else names[0]
    parts = () if spec.kind == "optimise" else default_components(spec)
    use = MethodUse(spec.name, parts, {**spec.defaults(), **case.parameters})
    field = "optimisations" if spec.kind == "optimise" else "compression"
    weights = "embedded" if which == TINY else "random"
    cell = make_cell(model=which, weights=weights, precision=chosen, steps=case.steps)
    return replace(
        cell,
        batch_size=case.images,
        width_px=case.side_px,
        height_px=case.side_px,
        **{field: (use,)},
    )


def with_parameters(cell: Cell, more: Mapping[str, Any]) -> Cell:
    """The cell's only use with these parameters as well."""
    field = "compression" if cell.compression else "optimisations"
    (use,) = getattr(cell, field)
    return replace(cell, **{field: (replace(use, parameters={**use.parameters, **more}),)})


def apply(spec: MethodSpec, pipe: Any, cell: Cell) -> None:
    """As the worker does."""
    apply_chain(pipe, cell, "cpu")
    apply_optimisations(Engine(pipe), cell, "cpu")


def refusal(spec: MethodSpec, cell: Cell) -> str | None:
    """Why the catalogue says that it cannot run on this CPU."""
    setting = Setting("cpu", "this processor", None, cell.model, cell.precision)
    return unmet(spec.name, spec.requires, setting, installed) or precision_refused(
        precision(cell.precision), setting
    )


def assert_exact(reason: str, spec: MethodSpec, cell: Cell) -> None:
    """The reason names what is in the way: a device, a package, a model or a format."""
    needs = spec.requires
    named = (
        *needs.devices,
        *needs.refused,
        *map(distribution, needs.packages),
        *needs.models,
        *needs.families,
        *needs.precisions,
    )
    assert spec.name in reason or cell.precision in reason
    assert any(word in reason for word in named), reason


def check_bytes(spec: MethodSpec, original: Any, pipe: Any, effect: MethodEffect) -> None:
    """Bytes after are those of the bits a weight that the catalogue tells, plus scales."""
    if spec.weight_bits is None or not spec.layers:
        return
    before: dict[str, nn.Module] = dict(original.unet.named_modules())
    after: dict[str, nn.Module] = dict(pipe.unet.named_modules())
    kinds = tuple(LAYERS[kind] for kind in spec.layers)
    changed = [
        layer
        for name, layer in before.items()
        if isinstance(layer, (nn.Linear, nn.Conv2d)) and is_other(layer, after[name])
    ]
    assert changed
    assert all(isinstance(layer, kinds) for layer in changed)
    assert effect.layers_touched == len(changed)
    weights = sum(layer.weight.numel() for layer in changed)
    packed = weights * spec.weight_bits / 8
    rest = sum(tensor_bytes(p) for p in original.unet.parameters()) - 4 * weights
    # Some store the bias of a layer in the same format.
    biases = sum(tensor_bytes(layer.bias) for layer in changed if layer.bias is not None)
    slack = OVERHEAD * packed + OVERHEAD_BYTES * len(changed)
    assert packed + rest - biases <= effect.bytes_after <= packed + rest + slack


def is_other(layer: nn.Module, new: nn.Module) -> bool:
    """Was the layer replaced, or its weight by one of another kind?"""
    if type(new) is not type(layer):
        return True
    one, other = layer.weight, new.weight
    return type(one) is not type(other) or one.dtype != other.dtype


def tensor_bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
