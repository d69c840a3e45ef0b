"""A model that needs two to four steps in place of twenty.

Luo et al. 2023, "Latent Consistency Models", arXiv:2310.04378, and as adapters "LCM-LoRA",
arXiv:2311.05556. For tiny-sd a UNet that `training/consistency.py` distilled, for other models an
adapter that is fused into the UNet.
"""

from __future__ import annotations

from torch import nn

from profiler.catalogue.distillers import ADAPTERS
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted
from profiler.compress.lora import fuse_adapter
from profiler.compress.sources import load_unet, local_path, shipped
from profiler.errors import Unsupported

METHOD = "lcm"


def consistency(module: nn.Module, context: CompressionContext, *, source: str = "") -> Applied:
    """The UNet for few steps, with the dtype and on the device of the module it replaces.

    `source` is the folder of a UNet (or of a pipeline with one), or the file, folder or hub id of
    an adapter; empty takes what is known for the model. Sample with the scheduler lcm or tcd.

    Raises:
        Unsupported: nothing is known for the model, it cannot be had here, or it does not fit.
        InputError: there is no such folder.
        SdprofError: the weights are missing or were changed.
    """
    if context.component != "unet":
        raise Unsupported(f"{METHOD} changes the unet, not the {context.component}")
    if not source and context.model == "tiny-sd":
        return _whole(load_unet(shipped("tiny-sd-consistency"), context, METHOD), "tiny-sd")
    source = source or _known(context.model)
    path = local_path(source, METHOD)
    if path is not None and any((path / part / "config.json").is_file() for part in ("", "unet")):
        return _whole(load_unet(source, context, METHOD), source)
    touched = fuse_adapter(context, source, 1.0, METHOD)
    return Applied(module, touched, count_weighted(module), {"adapter": source})


def _whole(unet: nn.Module, source: str) -> Applied:
    layers = count_weighted(unet)
    return Applied(unet, layers, layers, {"consistency_model": source})


def _known(model: str) -> str:
    if model not in ADAPTERS:
        raise Unsupported(
            f"{METHOD}: no consistency adapter for {model} is known (there are some for tiny-sd, "
            f"{', '.join(ADAPTERS)}); name one with the parameter source"
        )
    return ADAPTERS[model]
