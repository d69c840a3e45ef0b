"""Applies a cell's chain of compression methods to a pipeline and reports what it really did."""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import nn

from profiler.catalogue.compression import compression, default_components
from profiler.catalogue.precisions import precision
from profiler.catalogue.requires import Setting, installed, unmet_use
from profiler.compress.contract import Applied, CompressionContext, Method
from profiler.compress.examples import example_inputs
from profiler.compress.fingerprint import fingerprint
from profiler.compress.size import component_bytes, module_bytes
from profiler.errors import NoEffect, Unsupported
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import Cell, MethodUse, Scalar
from profiler.records.measurement import MethodEffect, WeightsReport


def apply_chain(pipe: Any, cell: Cell, device: str) -> WeightsReport:
    """Apply the methods of `cell.compression` in their order; the pipeline is changed in place.

    Raises:
        UnknownName: a method is not in the catalogue.
        Unsupported: a method cannot run on this device or model, or a component does not exist.
        NoEffect: a method changed nothing in one of its components.
    """
    original = component_bytes(pipe)
    effects = tuple(_apply(pipe, cell, use, device) for use in cell.compression)
    return WeightsReport(component_bytes(pipe), original, effects)


def resolve(spec: MethodSpec) -> Method:
    """The function behind a method's target.

    Raises:
        Unsupported: the target does not exist; told with the method that names it.
    """
    module, _, name = spec.target.partition(":")
    try:
        method: Method = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Unsupported(f"{spec.name}: its code {spec.target!r} cannot be loaded: {error}") from (
            error
        )
    return method


def _apply(pipe: Any, cell: Cell, use: MethodUse, device: str) -> MethodEffect:
    """One method on all its components."""
    spec = compression(use.method)
    _require(use, spec, cell, device)
    method = resolve(spec)
    components = use.components or default_components(spec)
    before = after = 0
    wall_s = 0.0
    applied: dict[str, Applied] = {}
    for name in components:
        module = _component(pipe, name, spec)
        context = _context(pipe, cell, name, device)
        bytes_before, print_before = module_bytes(module), fingerprint(module)
        start = time.perf_counter()
        with torch.no_grad():
            result = method(module, context, **use.parameters)
        _synchronise(device)
        wall_s += time.perf_counter() - start
        # What the method says of itself does not count here, and one idle component is too many.
        if fingerprint(result.module) == print_before:
            raise NoEffect(
                f"{use.method} changed nothing in the {name}: its layers and weights are the same "
                "as before; leave it out, or check its parameters"
            )
        if result.module is not module:
            setattr(pipe, name, result.module)
        bytes_after = module_bytes(result.module)
        before, after = before + bytes_before, after + bytes_after
        applied[name] = result
    return MethodEffect(
        method=use.method,
        components=components,
        layers_touched=sum(result.layers_touched for result in applied.values()),
        layers_total=sum(result.layers_total for result in applied.values()),
        bytes_before=before,
        bytes_after=after,
        wall_s=wall_s,
        details=_details(applied),
    )


def _require(use: MethodUse, spec: MethodSpec, cell: Cell, device: str) -> None:
    """The last check before a method runs; plans make the same earlier and for other devices."""
    kind = device.partition(":")[0]
    capability = torch.cuda.get_device_capability(device) if kind == "cuda" else None
    setting = Setting(kind, f"the device {device}", capability, cell.model, cell.precision)
    if reason := unmet_use(use, spec, setting, installed):
        raise Unsupported(reason)


def _component(pipe: Any, name: str, spec: MethodSpec) -> nn.Module:
    parts = {k: part for k, part in pipe.components.items() if isinstance(part, nn.Module)}
    if name not in parts:
        known = ", ".join(sorted(parts))
        raise Unsupported(f"{spec.name}: the pipeline has no component {name!r}; it has {known}")
    return parts[name]


def _context(pipe: Any, cell: Cell, component: str, device: str) -> CompressionContext:
    dtype = getattr(torch, precision(cell.precision).torch_dtype)
    return CompressionContext(
        pipe=pipe,
        component=component,
        device=device,
        dtype=dtype,
        model=cell.model,
        weights=cell.weights,
        example_inputs=partial(example_inputs, pipe, component, dtype, device),
    )


def _details(applied: dict[str, Applied]) -> dict[str, Scalar]:
    """Details of one component as they are, of several with the component before the name."""
    if len(applied) == 1:
        return dict(next(iter(applied.values())).details)
    return {f"{c}.{k}": v for c, result in applied.items() for k, v in result.details.items()}


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
