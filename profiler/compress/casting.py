"""FP8 layer-wise casting of diffusers: weights stored in 8-bit floating point, cast for each call.

Two hooks on each layer cast its weights and bias to the compute dtype before its forward and back
after it; there are no scales. Source:
https://huggingface.co/docs/diffusers/optimization/memory#layerwise-casting.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, is_plain


def fp8_layerwise(
    module: nn.Module, context: CompressionContext, *, storage: str = "float8_e4m3fn"
) -> Applied:
    """Store the Linear and Conv2d layers of `module` in `storage`; compute in the cell's precision.

    The layers that diffusers leaves out by name stay (norms, position embeddings and what a model
    names itself). So do embeddings, by whose dtype a text encoder tells its own, and layers that
    are quantised already, whose scales would be cast as well.
    """
    from diffusers.hooks import apply_layerwise_casting_hook

    total = count_weighted(module)
    skipped = _skipped(module)
    chosen = [
        layer
        for name, layer in module.named_modules()
        if is_plain(layer) and not any(re.search(pattern, name) for pattern in skipped)
    ]
    for layer in chosen:
        apply_layerwise_casting_hook(
            layer,
            storage_dtype=getattr(torch, storage),
            compute_dtype=context.dtype,
            non_blocking=False,
        )
    return Applied(module, len(chosen), total, {"storage": storage})


def _skipped(module: Any) -> tuple[str, ...]:
    """Patterns of the names that `enable_layerwise_casting` of diffusers leaves out as well."""
    from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

    own = getattr(module, "_skip_layerwise_casting_patterns", None) or ()
    wide = getattr(module, "_keep_in_fp32_modules", None) or ()
    return (*DEFAULT_SKIP_MODULES_PATTERN, *own, *wide)
