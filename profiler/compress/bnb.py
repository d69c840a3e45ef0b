"""bitsandbytes on Linear layers: LLM.int8() and 4-bit NormalFloat.

By replacing layers rather than through diffusers' BitsAndBytesConfig, which refuses to run without
a CUDA device although bitsandbytes itself computes on CPUs as well.
Dettmers et al. 2022, arXiv:2208.07339; Dettmers et al. 2023, QLoRA, arXiv:2305.14314.
"""

from __future__ import annotations

from torch import nn

from profiler.compress.contract import Applied, CompressionContext, weighted_layers
from profiler.compress.replace import replace_layers


def int8(module: nn.Module, context: CompressionContext, *, threshold: float = 6.0) -> Applied:
    """Linear layers as `Linear8bitLt`; moving one to the device quantises its weight."""
    import bitsandbytes as bnb

    total = len(weighted_layers(module))

    def make(layer: nn.Module) -> nn.Module | None:
        if type(layer) is not nn.Linear:
            return None
        new = bnb.nn.Linear8bitLt(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            has_fp16_weights=False,
            threshold=threshold,
        )
        new.load_state_dict(layer.state_dict())
        moved: nn.Module = new.to(context.device)
        return moved

    return Applied(module, replace_layers(module, make), total)


def nf4(
    module: nn.Module,
    context: CompressionContext,
    *,
    double_quant: bool = True,
    block_size: int = 64,
) -> Applied:
    """Linear layers as `Linear4bit` with NF4 weights, computing in the layer's dtype."""
    import bitsandbytes as bnb

    total = len(weighted_layers(module))

    def make(layer: nn.Module) -> nn.Module | None:
        if type(layer) is not nn.Linear:
            return None
        new = bnb.nn.Linear4bit(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            compute_dtype=layer.weight.dtype,
            compress_statistics=double_quant,
            quant_type="nf4",
        )
        new.weight = bnb.nn.Params4bit(
            layer.weight.data,
            requires_grad=False,
            quant_type="nf4",
            compress_statistics=double_quant,
            blocksize=block_size,
        )
        new.bias = layer.bias
        moved: nn.Module = new.to(context.device)
        return moved

    return Applied(module, replace_layers(module, make), total)
