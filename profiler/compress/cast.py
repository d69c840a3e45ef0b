"""One component in a number format of its own; its activations change format at its boundary.

Micikevicius et al. 2018, "Mixed Precision Training", arXiv:1710.03740, for the idea that parts
differ in the precision they need.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from profiler.catalogue.precisions import precision
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted

# What pipelines call beside forward; hooks do not see these.
_DOORS = ("encode", "decode")


def cast(module: nn.Module, context: CompressionContext, *, dtype: str = "fp32") -> Applied:
    """The component in the format `dtype`, in place; the pipeline around it keeps its own.

    Tensors of two or more dimensions are cast on their way in, all floating point ones on their way
    out. Timesteps and the like, which have less, stay: 999 would be 1000 in bf16.

    Raises:
        UnknownName: no such format.
    """
    inner = getattr(torch, precision(dtype).torch_dtype)
    layers = count_weighted(module)
    details = {"dtype": dtype, "dtype_of_pipeline": str(context.dtype).removeprefix("torch.")}
    formats = {tensor.dtype for tensor in module.parameters() if tensor.is_floating_point()}
    if formats == {inner}:
        # Nothing to do, and nothing is done: told as no effect by who applies this.
        return Applied(module, 0, layers, details)
    # torch's own `to`: that of diffusers warns of modules to be kept in fp32, even of none.
    nn.Module.to(module, inner)
    if inner != context.dtype:
        _put_boundary(module, inner, context.dtype)
    return Applied(module, layers, layers, details)


def _put_boundary(module: nn.Module, inner: torch.dtype, outer: torch.dtype) -> None:
    """Cast at `forward` by hooks, at other doors by a subclass, which copies take along."""

    def enter(_module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        return entering(args, inner), entering(kwargs, inner)

    def leave(_module: nn.Module, _args: Any, output: Any) -> Any:
        return leaving(output, outer)

    module.register_forward_pre_hook(enter, with_kwargs=True)
    module.register_forward_hook(leave)
    kind = type(module)
    extra: dict[str, Any] = {
        name: _door(getattr(kind, name), inner, outer) for name in _DOORS if hasattr(kind, name)
    }
    # Pipelines make their latents in the format of the text encoder; that is theirs, not its own.
    if hasattr(module, "get_input_embeddings"):
        extra["dtype"] = property(lambda _self: outer)
    if extra:
        extra |= {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
        module.__class__ = type(kind.__name__, (kind,), extra)


def _door(method: Callable[..., Any], inner: torch.dtype, outer: torch.dtype) -> Callable[..., Any]:
    @functools.wraps(method)
    def casting(self: Any, *args: Any, **kwargs: Any) -> Any:
        return leaving(method(self, *entering(args, inner), **entering(kwargs, inner)), outer)

    return casting


def entering(value: Any, dtype: torch.dtype) -> Any:
    """The value with its floating-point tensors of two or more dimensions in that format."""
    return _mapped(value, lambda tensor: tensor.to(dtype) if tensor.ndim > 1 else tensor)


def leaving(value: Any, dtype: torch.dtype) -> Any:
    """The value with all its floating-point tensors in that format."""
    return _mapped(value, lambda tensor: tensor.to(dtype))


def _mapped(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Lists, tuples, mappings and model outputs with every floating-point tensor changed."""
    if isinstance(value, torch.Tensor):
        return change(value) if value.is_floating_point() else value
    if type(value) in (list, tuple):
        return type(value)(_mapped(item, change) for item in value)
    if isinstance(value, dict):
        items = {key: _mapped(item, change) for key, item in value.items()}
        return items if type(value) is dict else type(value)(**items)
    return value
