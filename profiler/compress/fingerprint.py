"""Has a method changed anything at all? Content and structure of a module as one hash.

The output of a module follows from its weights and its structure; comparing these needs no forward
pass, which would warm up libraries before the first image is timed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from profiler.compress.size import tensors_of


@torch.no_grad()
def fingerprint(module: nn.Module) -> str:
    """Equal for equal weights in an equal structure: types, flags, processors, hooks, patches."""
    digest = hashlib.sha256()
    for name, layer in module.named_modules():
        digest.update(f"{name}={type(layer).__qualname__};".encode())
        for key, value in vars(layer).items():
            digest.update(f"{key}:{_told(value)};".encode())
    for text in _sums(module):
        digest.update(text.encode())
    return digest.hexdigest()


def _told(value: Any) -> str:
    """What matters of an attribute: its value if plain, its size if a container, else its type.

    A bound or plain function is told by name: a patched `forward` or a new hook shows up.
    """
    if isinstance(value, (str, int, float, bool, type(None))):
        return repr(value)
    if isinstance(value, dict):
        inner = ",".join(
            f"{key}={getattr(item, '__qualname__', '')}" for key, item in value.items()
        )
        return f"{type(value).__qualname__}[{inner}]"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"{type(value).__qualname__}[{len(value)}]"
    return getattr(value, "__qualname__", type(value).__qualname__)


def _sums(module: nn.Module) -> Iterator[str]:
    """Shape, layout, sum and sum of magnitudes of each tensor; exact enough to see any edit."""
    for tensor in tensors_of(module):
        told = f"{tuple(tensor.shape)}{tensor.stride()}{tensor.dtype}"
        if tensor.device.type != "meta" and tensor.numel():
            wide = torch.float64 if tensor.is_floating_point() else torch.int64
            flat = tensor.detach()
            told += f"{flat.sum(dtype=wide).item()!r}{_weighted(flat)!r}"
        yield told


def _weighted(tensor: torch.Tensor) -> float:
    """A sum that depends on the order of the numbers: rows with weights 1, 2, 3, ..."""
    rows = tensor.reshape(tensor.shape[0] if tensor.ndim else 1, -1)
    sums = rows.sum(dim=1, dtype=torch.float64)
    weights = torch.arange(1, len(sums) + 1, dtype=torch.float64, device=sums.device)
    # Not as a product of matrices: that would start cuBLAS, and the first image is to pay for it.
    return float((sums * weights).sum())
