"""The weight formats of torchao, put into the layers of a component in place.

torchao leaves the class of a layer and gives it a weight that is a tensor subclass with integer or
float8 data and scales. Its settings for torch.compile are left alone (set_inductor_config=False):
one cell must not change how the next compiles. Source: https://docs.pytorch.org/ao/stable/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, is_plain
from profiler.errors import Unsupported

# What the matrix products of cuBLAS ask of both sides of a weight.
_INT8_MULTIPLE = 8
_FLOAT8_MULTIPLE = 16


def int8_weight(module: nn.Module, context: CompressionContext) -> Applied:  # noqa: ARG001
    """int8 weights, symmetric, one scale a row; the product is in the dtype of the activations."""
    from torchao.quantization import Int8WeightOnlyConfig

    return _quantise(module, Int8WeightOnlyConfig(set_inductor_config=False), _linear)


def int8_dynamic(module: nn.Module, context: CompressionContext) -> Applied:
    """int8 weights, and int8 activations with a scale a token found in each call.

    On CUDA, layers with sides that are no multiple of 8 stay: torchao would send them to the CPU.
    """
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig

    cuda = context.device.startswith("cuda")
    fits = _sides_of(_INT8_MULTIPLE) if cuda else _linear
    return _quantise(module, Int8DynamicActivationInt8WeightConfig(set_inductor_config=False), fits)


def int4_weight(
    module: nn.Module, context: CompressionContext, *, group_size: int = 128
) -> Applied:
    """4-bit weights with scale and zero point a group, for the tensor cores (tinygemm); CUDA only.

    Layers whose input is no multiple of `group_size` stay. torchao pads inputs to multiples of
    1024, so that narrow layers can grow.

    Raises:
        Unsupported: the component is not in bfloat16, or no layer fits the group size.
    """
    from torchao.quantization import Int4WeightOnlyConfig

    if context.dtype is not torch.bfloat16:
        raise Unsupported(f"torchao-int4-weight needs bf16, not {context.dtype}")
    config = Int4WeightOnlyConfig(
        group_size=group_size,
        int4_packing_format="tile_packed_to_4d",
        set_inductor_config=False,
    )

    def fits(layer: Any) -> bool:
        return _linear(layer) and layer.in_features % group_size == 0

    applied = _quantise(module, config, fits)
    if applied.layers_touched == 0:
        raise Unsupported(
            f"torchao-int4-weight: no Linear of the {context.component} has an input that is a "
            f"multiple of group_size {group_size}; give a smaller one (32, 64)"
        )
    return applied


def float8_weight(module: nn.Module, context: CompressionContext) -> Applied:  # noqa: ARG001
    """float8 (e4m3) weights, one scale a row; the product is in the dtype of the activations."""
    from torchao.quantization import Float8WeightOnlyConfig

    return _quantise(module, Float8WeightOnlyConfig(set_inductor_config=False), _linear)


def float8_dynamic(module: nn.Module, context: CompressionContext) -> Applied:  # noqa: ARG001
    """float8 weights and activations, one scale a tensor, multiplied in float8; CUDA only.

    Layers with sides that are no multiple of 16 stay: there is no kernel for them.
    """
    from torchao.quantization import Float8DynamicActivationFloat8WeightConfig

    config = Float8DynamicActivationFloat8WeightConfig(set_inductor_config=False)
    return _quantise(module, config, _sides_of(_FLOAT8_MULTIPLE))


def intx(
    module: nn.Module,
    context: CompressionContext,
    *,
    bits: int = 8,
    group_size: int = 0,
    convolutions: bool = True,
) -> Applied:
    """Weights rounded to `bits` bits, stored as int8 each; one scale a channel or a group.

    `group_size` counts input channels; 0 is the whole row. Layers whose input channels it does not
    divide get one scale a row as well, told as "layers_by_row".

    Raises:
        Unsupported: `group_size` divides the inputs of no layer.
    """
    from torchao.quantization import IntxWeightOnlyConfig, PerAxis, PerGroup

    dtype = getattr(torch, f"int{bits}")
    kinds: tuple[type[nn.Module], ...] = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)

    def divided(layer: nn.Module) -> bool:
        return group_size > 0 and _weight(layer).shape[1] % group_size == 0

    total = count_weighted(module)
    grouped = by_row = 0
    if group_size:
        config = IntxWeightOnlyConfig(weight_dtype=dtype, granularity=PerGroup(group_size))
        grouped = _convert(module, config, lambda x: is_plain(x, kinds) and divided(x))
        if grouped == 0:
            raise Unsupported(
                f"torchao-intx: group_size {group_size} divides the input channels of no layer of "
                f"the {context.component}; give a smaller one, or 0 for one scale a row"
            )
    config = IntxWeightOnlyConfig(weight_dtype=dtype, granularity=PerAxis(0))
    by_row = _convert(module, config, lambda layer: is_plain(layer, kinds))
    details = {"bits": bits, "layers_by_group": grouped, "layers_by_row": by_row}
    return Applied(module, grouped + by_row, total, details)


def _quantise(module: nn.Module, config: Any, fits: Callable[[Any], bool]) -> Applied:
    total = count_weighted(module)
    touched = _convert(module, config, fits)
    return Applied(module, touched, total, {"linear_layers": touched})


def _convert(module: nn.Module, config: Any, fits: Callable[[Any], bool]) -> int:
    """Quantise the layers that `fits` chooses; how many there were."""
    from torchao.quantization import quantize_

    chosen = [layer for layer in module.modules() if fits(layer)]
    # Asked again at each place: a layer that is used in two is not plain at the second any more.
    quantize_(module, config, filter_fn=lambda layer, _name: fits(layer))
    for layer in chosen:
        # torchao hangs a method on each layer to print it, whose class then differs for nothing.
        vars(layer).pop("extra_repr", None)
    kept = [layer for layer in chosen if is_plain(layer)]
    if kept:
        raise Unsupported(f"torchao left {len(kept)} layers as they were, the first is {kept[0]}")
    return len(chosen)


def _linear(layer: nn.Module) -> bool:
    return is_plain(layer, (nn.Linear,))


def _sides_of(multiple: int) -> Callable[[Any], bool]:
    """Linear layers both of whose sides are multiples of a number."""
    return lambda layer: (
        _linear(layer) and layer.in_features % multiple == 0 and layer.out_features % multiple == 0
    )


def _weight(layer: Any) -> torch.Tensor:
    weight: torch.Tensor = layer.weight
    return weight
