"""Low-rank adapters, added to the weights for good.

W' = W + weight (alpha / rank) B A with A (rank, in) and B (out, rank): Hu et al. 2021, "LoRA",
arXiv:2106.09685. Loaded through diffusers and peft, which know the formats that people trade.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import WEIGHTED, count_weighted
from profiler.compress.sources import fetched, local_path
from profiler.errors import InputError, Unsupported

METHOD = "lora"
# What diffusers and peft leave on a module that once had adapters.
_TRACES = ("_hf_peft_config_loaded", "peft_config", "lora_scale", "_safe_fusing")


def fuse(
    module: nn.Module, context: CompressionContext, *, source: str = "", weight: float = 1.0
) -> Applied:
    """Add the adapter from a file, a folder or the hub to the component's weights, in place.

    Raises:
        InputError: no source is named, or there is nothing.
        Unsupported: it cannot be had here, or it holds nothing for this component.
        SdprofError: the file is damaged or of no known format.
    """
    if not source:
        raise InputError(f"{METHOD} needs the parameter source: a file, a folder or a hub id")
    touched = fuse_adapter(context, source, weight, METHOD)
    return Applied(module, touched, count_weighted(module), {"adapter": source, "weight": weight})


def fuse_adapter(context: CompressionContext, source: str, weight: float, method: str) -> int:
    """Fuse an adapter into the context's component; returns how many layers it changed."""
    pipe, component = context.pipe, context.component
    module = getattr(pipe, component)
    _load(pipe, source, method)
    try:
        touched = _adapted_layers(module)
        if touched == 0:
            raise Unsupported(f"{method}: {source} holds no adapter for the {component}")
        with torch.no_grad():
            pipe.fuse_lora(components=[component], lora_scale=weight)
    finally:
        pipe.unload_lora_weights()
        for name in pipe._lora_loadable_modules:
            _clear_traces(getattr(pipe, name, None))
        # Else diffusers takes the next adapter's fusing for a mistake.
        pipe._merged_adapters = set()
    return touched


def _load(pipe: Any, source: str, method: str) -> None:
    """Hang the adapter on all components that it has weights for."""
    path = local_path(source, method)
    arguments: dict[str, Any] = {"use_safetensors": True, "local_files_only": path is not None}
    where = str(path or source)
    if path is not None and path.is_file():
        if path.suffix != ".safetensors":
            raise InputError(f"{method}: {path} is no .safetensors file; convert it first")
        where, arguments["weight_name"] = str(path.parent), path.name
    elif path is not None:
        arguments["weight_name"] = _only_file(path, method)
    fetched(lambda: pipe.load_lora_weights(where, **arguments), source, method)


def _only_file(folder: Any, method: str) -> str:
    files = sorted(file.name for file in folder.glob("*.safetensors"))
    if "pytorch_lora_weights.safetensors" in files:
        return "pytorch_lora_weights.safetensors"
    if len(files) != 1:
        told = ", ".join(files) or "none"
        raise InputError(
            f"{method}: which file of {folder} is the adapter? It holds {told}; name one as source"
        )
    return str(files[0])


def _adapted_layers(module: nn.Module) -> int:
    """Layers that peft wrapped with an adapter."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    return sum(
        isinstance(layer, BaseTunerLayer) and isinstance(layer.get_base_layer(), WEIGHTED)
        for layer in module.modules()
    )


def _clear_traces(module: Any) -> None:
    """Leave the module as it was but for its weights, so that no effect is seen as none."""
    for name in _TRACES:
        if module is not None and name in vars(module):
            delattr(module, name)
