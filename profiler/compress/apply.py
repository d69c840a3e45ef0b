"""Applies a cell's chain of methods to its pipeline and tells what each really did."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from profiler.catalogue.compression import compression, default_components
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.size import weights_bytes
from profiler.errors import MissingExtra, NoEffect, Unsupported
from profiler.pipelines.optimise import apply_optimisations
from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import MethodEffect, WeightsReport


def apply_chain(pipe: Any, cell: Cell, device: str) -> WeightsReport:
    """Compress the pipeline's components in the cell's order, then switch its optimisations on.

    Raises:
        NoEffect: a method or optimisation changed nothing.
        Unsupported: a component that the pipeline does not have, or a method's own reason.
        UnknownName: a method that is not in the catalogue.
    """
    original = component_bytes(pipe)
    with torch.no_grad():
        effects = tuple(_apply(pipe, use, cell, device) for use in cell.compression)
        compressed = component_bytes(pipe)
        apply_optimisations(pipe, cell, device)
    return WeightsReport(components=compressed, original=original, methods=effects)


def component_bytes(pipe: Any) -> dict[str, int]:
    """Component name to true bytes, for every part of the pipeline that has weights."""
    parts = pipe.components.items()
    return {name: weights_bytes(part) for name, part in parts if isinstance(part, nn.Module)}


def _apply(pipe: Any, use: MethodUse, cell: Cell, device: str) -> MethodEffect:
    spec = compression(use.method)
    method = _load(spec.target)
    components = use.components or default_components(spec)
    began = time.perf_counter()
    before = after = touched = total = 0
    details: dict[str, Any] = {}
    for component in components:
        module = _component(pipe, component)
        before += weights_bytes(module)
        mark = _fingerprint(module)
        context = CompressionContext(pipe, component, device, _dtype(module), cell.model)
        applied: Applied = method(module, context, **use.parameters)
        if applied.layers_touched == 0 or _fingerprint(applied.module) == mark:
            raise NoEffect(
                f"{use.method} changed nothing in the {component} "
                f"({applied.layers_touched} of {applied.layers_total} layers touched)"
            )
        setattr(pipe, component, applied.module)
        after += weights_bytes(applied.module)
        touched, total = touched + applied.layers_touched, total + applied.layers_total
        prefix = f"{component}." if len(components) > 1 else ""
        details |= {prefix + name: value for name, value in applied.details.items()}
    wall_s = time.perf_counter() - began
    return MethodEffect(
        use.method, tuple(components), touched, total, before, after, wall_s, details
    )


def _load(target: str) -> Callable[..., Applied]:
    module, _, name = target.partition(":")
    try:
        method: Callable[..., Applied] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, "run") from error
    return method


def _component(pipe: Any, name: str) -> nn.Module:
    part = pipe.components.get(name)
    if not isinstance(part, nn.Module):
        has = ", ".join(k for k, v in pipe.components.items() if isinstance(v, nn.Module))
        raise Unsupported(f"this pipeline has no component {name!r} with weights; it has: {has}")
    return part


def _dtype(module: nn.Module) -> torch.dtype:
    """The dtype that the module computes in: that of its first floating-point weight."""
    floats = (p.dtype for p in module.parameters() if p.is_floating_point())
    return next(floats, torch.get_default_dtype())


def _fingerprint(module: nn.Module) -> tuple[object, ...]:
    """Changes whenever a layer or a weight is replaced or written to; costs no pass over data."""
    layers = tuple((name, type(layer)) for name, layer in module.named_modules())
    tensors = (*module.named_parameters(), *module.named_buffers())
    weights = tuple((name, t.shape, t.dtype, t.data_ptr(), t._version) for name, t in tensors)
    return layers, weights
