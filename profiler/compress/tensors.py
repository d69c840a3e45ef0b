"""The tensors of a module by name, with all that quantisers keep beside and within parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from profiler.compress.size import _DEPTH, _SKIPPED, _holds_tensors


def named_tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Every plain tensor that `size.tensors_of` counts, with a name that a rebuilt module shares.

    "down_blocks.0.resnets.0.conv1.weight" for parameters and buffers, with what is inside of a
    tensor subclass or a state object after it: ".weight.quant_state.absmax", ".weight.qdata". An
    object that is reached in two ways comes once.
    """
    # Holds what was seen, for an id must not be given away again meanwhile.
    seen: dict[int, Any] = {}
    for name, layer in module.named_modules():
        prefix = f"{name}." if name else ""
        own = (*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False))
        for key, tensor in own:
            yield from _walk(prefix + key, tensor, seen, _DEPTH)
        for key, value in vars(layer).items():
            if key not in _SKIPPED and not key.endswith("_hooks"):
                yield from _walk(prefix + key, value, seen, _DEPTH)


def _walk(
    name: str, value: Any, seen: dict[int, Any], depth: int
) -> Iterator[tuple[str, torch.Tensor]]:
    if depth == 0 or isinstance(value, (str, bytes, int, float, type(None), nn.Module)):
        return
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, torch.Tensor):
        inner: dict[str, Any] = {}
        if hasattr(value, "__tensor_flatten__"):
            inner = {key: getattr(value, key) for key in value.__tensor_flatten__()[0]}
        else:
            yield name, value
            inner = dict(vars(value)) if hasattr(value, "__dict__") else {}
    elif isinstance(value, dict):
        inner = {str(key): item for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        inner = {str(index): item for index, item in enumerate(value)}
    elif _holds_tensors(value):
        inner = dict(vars(value))
    else:
        return
    for key, item in inner.items():
        yield from _walk(f"{name}.{key}", item, seen, depth - 1)
