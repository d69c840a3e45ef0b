"""2:4 semi-structured sparsity: of four weights in a row two are zero, and the GPU skips them.

Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks", arXiv:2104.08378: the two smallest
magnitudes of each group of four go, the others are stored packed with two bits each for their
place. By `torch.sparse.to_sparse_semi_structured`, on the sparse tensor cores of CUDA devices.
"""

from __future__ import annotations

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted
from profiler.errors import Unsupported

# The packed form of CUTLASS asks for multiples of these, that of cuSPARSELt for no more.
ROWS, COLUMNS = 32, 64


def prune(module: nn.Module, context: CompressionContext) -> Applied:
    """Prune the Linear layers to 2:4 and store them packed, in place.

    Layers whose shape is not a multiple of 32 x 64 stay as they are.

    Raises:
        Unsupported: not on CUDA, weights that are not fp16 or bf16, or no layer of a fitting shape.
    """
    if not context.device.startswith("cuda"):
        raise Unsupported(
            "semi-structured-2-4 runs on cuda only: torch's semi-structured tensors take CUDA "
            f"tensors alone; this is {context.device}"
        )
    touched = zeros = 0
    for layer in module.modules():
        if type(layer) is nn.Linear and fits(layer.weight):
            pruned = two_of_four(layer.weight)
            zeros += pruned.numel() - int(torch.count_nonzero(pruned))
            packed = torch.sparse.to_sparse_semi_structured(pruned)
            layer.weight = nn.Parameter(packed, requires_grad=False)
            touched += 1
    if not touched:
        raise Unsupported(
            f"semi-structured-2-4: no Linear layer of the {context.component} is in fp16 or bf16 "
            f"with a shape in multiples of {ROWS} x {COLUMNS}"
        )
    return Applied(module, touched, count_weighted(module), {"zero_weights": zeros})


def fits(weight: torch.Tensor) -> bool:
    """Can weights of this shape and dtype be stored packed?"""
    rows, columns = weight.shape
    right = weight.dtype in (torch.float16, torch.bfloat16)
    return right and rows % ROWS == 0 and columns % COLUMNS == 0


def two_of_four(weight: torch.Tensor) -> torch.Tensor:
    """A copy of (rows, columns) in which the two smallest of each four in a row are zero."""
    groups = weight.detach().reshape(-1, 4)
    largest = groups.abs().topk(2, dim=1).indices
    mask = torch.zeros_like(groups, dtype=torch.bool).scatter_(1, largest, value=True)
    return (groups * mask).reshape(weight.shape).contiguous()
