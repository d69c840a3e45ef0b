"""True bytes of weights: each storage once, with everything that quantisers keep beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

# Where nn.Module keeps what is walked over separately, or what holds no weights.
_SKIPPED = frozenset({"_parameters", "_buffers", "_modules"})
_DEPTH = 6


def component_bytes(pipe: Any) -> dict[str, int]:
    """Bytes of the weights of each part of a pipeline; what two share counts in the first."""
    seen: set[tuple[str, int]] = set()
    return {
        name: _new_bytes(part, seen)
        for name, part in pipe.components.items()
        if isinstance(part, nn.Module)
    }


def module_bytes(module: nn.Module) -> int:
    """Bytes of all tensors that a module holds, each storage once."""
    return _new_bytes(module, set())


def _new_bytes(module: nn.Module, seen: set[tuple[str, int]]) -> int:
    total = 0
    for tensor in tensors_of(module):
        storage = tensor.untyped_storage()
        # On "meta" every address is 0; there a tensor is its own storage.
        meta = tensor.device.type == "meta"
        key = (str(tensor.device), id(tensor) if meta else storage.data_ptr())
        if key not in seen:
            seen.add(key)
            total += storage.nbytes()
    return total


def tensors_of(module: nn.Module) -> Iterator[torch.Tensor]:
    """Every plain tensor of a module and its children: parameters, buffers, plain attributes.

    Tensor subclasses are taken apart through `__tensor_flatten__`. What bitsandbytes hangs on its
    parameters and layers (SCB, quant_state) is found as attributes.
    """
    visited: set[int] = set()
    for layer in module.modules():
        for tensor in (*layer.parameters(recurse=False), *layer.buffers(recurse=False)):
            yield from _walk(tensor, visited, _DEPTH)
        for name, value in vars(layer).items():
            if name not in _SKIPPED and not name.endswith("_hooks"):
                yield from _walk(value, visited, _DEPTH)


def _walk(value: Any, visited: set[int], depth: int) -> Iterator[torch.Tensor]:
    """The plain tensors within a value; objects are looked into if they are likely to hold some."""
    if depth == 0 or isinstance(value, (str, bytes, int, float, type(None), nn.Module)):
        return
    if id(value) in visited:
        return
    visited.add(id(value))
    if isinstance(value, torch.Tensor):
        yield from _walk_tensor(value, visited, depth)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _walk(item, visited, depth - 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _walk(item, visited, depth - 1)
    elif _holds_tensors(value):
        for item in vars(value).values():
            yield from _walk(item, visited, depth - 1)


def _walk_tensor(tensor: torch.Tensor, visited: set[int], depth: int) -> Iterator[torch.Tensor]:
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        for name in names:
            yield from _walk(getattr(tensor, name), visited, depth - 1)
        return
    yield tensor
    for item in vars(tensor).values() if hasattr(tensor, "__dict__") else ():
        yield from _walk(item, visited, depth - 1)


def _holds_tensors(value: Any) -> bool:
    """Is this a state object of a quantiser, and not some module, function or configuration?"""
    if isinstance(value, type) or not hasattr(value, "__dict__"):
        return False
    foreign = type(value).__module__.partition(".")[0] in {"bitsandbytes", "torchao", "sdnq"}
    return foreign or dataclasses.is_dataclass(value)
