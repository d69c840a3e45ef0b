"""Unstructured magnitude pruning: the smallest weights become zero, and stay stored.

Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks",
arXiv:1506.02626, without retraining: W is kept where |W| is above the threshold that leaves the
asked share of zeros (the L1 criterion of `torch.nn.utils.prune`). The threshold is found by
counting the bit patterns of the magnitudes, so that a UNet of a billion weights needs no copy and
no sort; the masks of torch.nn.utils.prune would triple the memory meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from profiler.records.cell import Scalar

_HALF = 16
_BINS = 1 << _HALF

Bins = Callable[[torch.Tensor], torch.Tensor]


def unstructured(
    module: nn.Module,
    context: CompressionContext,
    *,
    sparsity: float = 0.5,
    scope: str = "global",
    convolutions: bool = True,
) -> Applied:
    """Set the share `sparsity` of the weights of Linear (and Conv2d) layers to zero, in place.

    With `scope` "global" the smallest of all layers go, so that layers differ in sparsity; with
    "layer" each layer loses the same share. Biases and norms stay. Weights that were zero before
    count as pruned. `details` tell the sizes on disk, dense and sparse (see `sparse_bytes`).

    Raises:
        Unsupported: no such layers, or weights that are not finite.
    """
    kinds = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)
    weights = _weights_of(module, kinds)
    if not weights:
        raise Unsupported(f"magnitude-pruning: the {context.component} has no layer to prune")
    if not all(bool(torch.isfinite(weight).all()) for weight in weights):
        raise Unsupported(f"magnitude-pruning: weights of the {context.component} are not finite")
    for group in [weights] if scope == "global" else [[weight] for weight in weights]:
        _zero_smallest(group, sparsity)
    number = sum(weight.numel() for weight in weights)
    zeros = sum(number_of_zeros(weight) for weight in weights)
    dense = module_bytes(module)
    saved = sum(_dense_bytes(weight) - sparse_bytes(weight) for weight in weights)
    details: dict[str, Scalar] = {
        "asked_sparsity": sparsity,
        "achieved_sparsity": round(zeros / number, 6),
        "zero_weights": zeros,
        "prunable_weights": number,
        "dense_file_bytes": dense,
        "sparse_file_bytes": dense - saved,
        "sparse_format": "per weight tensor the smaller of dense and ceil(n / 8) bytes of bitmask "
        "+ non-zero values; all else dense",
    }
    return Applied(module, len(weights), count_weighted(module), details)


def _weights_of(module: nn.Module, kinds: tuple[type[nn.Module], ...]) -> list[torch.Tensor]:
    """The weights of exactly these kinds of layers; one that is shared comes once."""
    layers: list[Any] = [layer for layer in module.modules() if type(layer) in kinds]
    return list({id(layer.weight): layer.weight for layer in layers}.values())


def sparse_bytes(weight: torch.Tensor) -> int:
    """Bytes on disk of a tensor with zeros: ceil(n / 8) for a bitmask plus its non-zero values.

    Never more than dense: a file would store the tensor as it is where that is smaller.
    """
    mask = -(-weight.numel() // 8)
    values = (weight.numel() - number_of_zeros(weight)) * weight.element_size()
    return min(mask + values, _dense_bytes(weight))


def number_of_zeros(weight: torch.Tensor) -> int:
    """How many weights are exactly zero."""
    return weight.numel() - int(torch.count_nonzero(weight))


def _dense_bytes(weight: torch.Tensor) -> int:
    return weight.numel() * weight.element_size()


def _zero_smallest(weights: Sequence[torch.Tensor], share: float) -> None:
    """Zero the `share` of smallest magnitudes over all tensors; ties go in the tensors' order."""
    wanted = round(share * sum(weight.numel() for weight in weights))
    if wanted == 0:
        return
    # The bits of a non-negative float, read as an integer, are in the order of its value.
    high, below = _bin_of(weights, wanted, lambda bits: bits >> _HALF)
    low, below_low = _bin_of(
        weights, wanted - below, lambda bits: bits[bits >> _HALF == high] & (_BINS - 1)
    )
    threshold = high << _HALF | low
    ties = wanted - below - below_low
    for weight in weights:
        bits = _bits(weight)
        smaller = bits < threshold
        equal = bits == threshold
        kept_back = equal.cumsum(0) <= ties
        ties -= int((equal & kept_back).sum())
        doomed = (smaller | (equal & kept_back)).view(weight.shape)
        weight.data.masked_fill_(doomed, 0.0)


def _bin_of(weights: Sequence[torch.Tensor], rank: int, bins: Bins) -> tuple[int, int]:
    """The bin that holds the `rank`-th smallest (from 1), and how many lie in the bins before."""
    counts = torch.zeros(_BINS, dtype=torch.int64)
    for weight in weights:
        counts += torch.bincount(bins(_bits(weight)), minlength=_BINS).cpu()
    sums = counts.cumsum(0)
    found = int(torch.searchsorted(sums, rank))
    return found, int(sums[found] - counts[found])


def _bits(weight: torch.Tensor) -> torch.Tensor:
    """The magnitudes as fp32 bit patterns, flat."""
    return weight.detach().to(torch.float32).abs().contiguous().view(torch.int32).flatten()
