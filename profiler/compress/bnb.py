"""int8, NF4 and FP4 of bitsandbytes on the Linear layers of a component.

The layers are replaced directly, since the loaders of diffusers refuse bitsandbytes without a GPU
although its kernels run on a CPU. Sources: Dettmers et al. 2022, "LLM.int8()", arXiv:2208.07339;
Dettmers et al. 2023, "QLoRA", arXiv:2305.14314; https://huggingface.co/docs/bitsandbytes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, replace_layers, with_contiguous_inputs

# On CPUs with AVX512-BF16 bitsandbytes repacks NF4 weights at the first call, in rows of this many.
_PACKED_ROWS = 32


def int8(module: nn.Module, context: CompressionContext, *, threshold: float = 6.0) -> Applied:
    """LLM.int8(): rows of weights in int8; activations above `threshold` stay in 16 bit."""
    from bitsandbytes.nn import Int8Params, Linear8bitLt

    # It notes at every call of every layer that it casts the input, which would cost measured time.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)

    def make(layer: nn.Linear) -> nn.Module:
        quantised = Linear8bitLt(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            has_fp16_weights=False,
            threshold=threshold,
            device="meta",
        )
        weight = Int8Params(_frozen(layer), requires_grad=False, has_fp16_weights=False)
        return _fill(quantised, layer, weight, context)

    return _replace(module, make)


def nf4(
    module: nn.Module,
    context: CompressionContext,
    *,
    double_quant: bool = True,
    block_size: int = 64,
) -> Applied:
    """4-bit NormalFloat weights in blocks; with `double_quant` their scales are 8-bit as well."""
    return _four_bit(module, context, "nf4", double_quant, block_size)


def fp4(
    module: nn.Module,
    context: CompressionContext,
    *,
    double_quant: bool = True,
    block_size: int = 64,
) -> Applied:
    """4-bit floating-point weights (sign, 2 exponent bits, 1 mantissa bit), in blocks as `nf4`."""
    return _four_bit(module, context, "fp4", double_quant, block_size)


def _four_bit(
    module: nn.Module, context: CompressionContext, kind: str, double_quant: bool, block_size: int
) -> Applied:
    from bitsandbytes.nn import Linear4bit, Params4bit

    def make(layer: nn.Linear) -> nn.Module:
        quantised = Linear4bit(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            compute_dtype=context.dtype,
            compress_statistics=double_quant,
            quant_type=kind,
            device="meta",
        )
        if layer.out_features % _PACKED_ROWS or layer.in_features % block_size:
            # Repacking fails on these shapes, which pruned layers and large blocks have.
            quantised.support_avx512bf16_for_cpu = False
        weight = Params4bit(
            _frozen(layer),
            blocksize=block_size,
            compress_statistics=double_quant,
            quant_type=kind,
            module=quantised,
        )
        made = _fill(quantised, layer, weight, context)
        # The CPU kernel reads a transposed input as if it were contiguous: wrong, and silently.
        return made if context.device.startswith("cuda") else with_contiguous_inputs(made)

    return _replace(module, make)


def _frozen(layer: nn.Linear) -> torch.Tensor:
    """The weights on the CPU: from there bitsandbytes quantises on the move to any device."""
    return layer.weight.detach().cpu().contiguous()


def _fill(quantised: Any, layer: nn.Linear, weight: Any, context: CompressionContext) -> nn.Module:
    """Give a layer that was made on "meta" its weights and bias, and move it, which quantises."""
    quantised.weight = weight
    if layer.bias is not None:
        quantised.bias = nn.Parameter(layer.bias.detach().cpu(), requires_grad=False)
    made: nn.Module = quantised.to(context.device)
    return made.train(layer.training)


def _replace(module: nn.Module, make: Callable[[nn.Linear], nn.Module]) -> Applied:
    total = count_weighted(module)
    touched = replace_layers(module, (nn.Linear,), make)
    return Applied(module, touched, total, {"linear_layers": touched})
