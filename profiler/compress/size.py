"""True bytes of a module's weights: each storage once, quantiser states included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

# Quantiser states sit at most this deep below a parameter or layer (bitsandbytes: weight ->
# quant_state -> state2 -> absmax).
_DEPTH = 4


def weights_bytes(module: nn.Module) -> int:
    """Bytes of all storages that the module's weights occupy."""
    seen: dict[tuple[str, int], int] = {}
    for tensor in tensors_of(module):
        storage = tensor.untyped_storage()
        address = storage.data_ptr() or id(storage)
        seen[str(tensor.device), address] = storage.nbytes()
    return sum(seen.values())


def tensors_of(module: nn.Module) -> Iterator[torch.Tensor]:
    """Plain tensors behind parameters, buffers and the states that quantisers keep beside them."""
    visited: set[int] = set()
    for layer in module.modules():
        held = [*layer._parameters.values(), *layer._buffers.values()]
        own = {k: v for k, v in vars(layer).items() if k not in {"_parameters", "_buffers"}}
        for value in (*held, *own.values()):
            yield from _inside(value, visited, _DEPTH)


def _inside(value: Any, visited: set[int], depth: int) -> Iterator[torch.Tensor]:
    if value is None or depth < 0 or id(value) in visited or isinstance(value, nn.Module):
        return
    if isinstance(value, torch.Tensor):
        visited.add(id(value))
        yield from _plain(value)
        for attribute in vars(value).values():
            yield from _inside(attribute, visited, depth - 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _inside(item, visited, depth - 1)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _inside(item, visited, depth - 1)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
        visited.add(id(value))
        for item in vars(value).values():
            yield from _inside(item, visited, depth - 1)


def _plain(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """The tensors that a subclass (torchao, DTensor) is made of, or the tensor itself."""
    flatten = getattr(tensor, "__tensor_flatten__", None)
    if flatten is None:
        yield tensor
        return
    names, _ = flatten()
    for name in names:
        yield from _plain(getattr(tensor, name))
