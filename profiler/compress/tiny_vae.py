"""A tiny autoencoder in place of the VAE.

The idea and the published weights: TAESD, https://github.com/madebyollin/taesd; the class is
diffusers' AutoencoderTiny. That of tiny-sd is trained by `training/tiny_vae.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from profiler.catalogue.models import family_of
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, parameters_of
from profiler.compress.sources import load_part, shipped
from profiler.errors import Unsupported

METHOD = "tiny-vae"
# By the family, whose models share their latents: https://huggingface.co/madebyollin
AUTOENCODERS = {
    "stable-diffusion": "madebyollin/taesd",
    "sdxl": "madebyollin/taesdxl",
    "sd3": "madebyollin/taesd3",
    "flux": "madebyollin/taef1",
}


def replace_vae(module: nn.Module, context: CompressionContext, *, source: str = "") -> Applied:
    """The tiny autoencoder, with the dtype and on the device of the VAE that it replaces.

    `source` is the hub id or folder of an AutoencoderTiny; empty takes the one that is known for
    the latents of the model's family.

    Raises:
        Unsupported: none is known, it cannot be had here, or its latents are not the pipeline's.
        InputError: there is no such folder.
        SdprofError: the weights are missing or were changed.
    """
    if context.component != "vae":
        raise Unsupported(f"{METHOD} replaces the vae, not the {context.component}")
    from diffusers import AutoencoderTiny

    source_or_known = source or _known(context.model)
    tiny = load_part(AutoencoderTiny, source_or_known, "vae", context, METHOD)
    _check_latents(tiny, module, context, str(source_or_known))
    layers = count_weighted(tiny)
    details = {"parameters_before": parameters_of(module), "parameters_after": parameters_of(tiny)}
    return Applied(tiny, layers, layers, details)


def _known(model: str) -> str | Path:
    if model == "tiny-sd":
        return shipped("tiny-sd-tiny-vae")
    if family_of(model) not in AUTOENCODERS:
        raise Unsupported(
            f"{METHOD}: no tiny autoencoder for {model} is known; name one with the parameter "
            "source"
        )
    return AUTOENCODERS[family_of(model)]


def _check_latents(tiny: Any, vae: Any, context: CompressionContext, source: str) -> None:
    """The pipeline goes on with its own scale factor and channels, so these have to be the same."""
    wanted = (vae.config.latent_channels, context.pipe.vae_scale_factor)
    found = (tiny.config.latent_channels, upscaling(tiny))
    if wanted != found:
        raise Unsupported(
            f"{METHOD}: {source} does not fit {context.model}: its latents have {found[0]} "
            f"channels and a {found[1]}th of the image's side, those of the pipeline {wanted[0]} "
            f"and a {wanted[1]}th"
        )


def upscaling(tiny: Any) -> int:
    """How many pixels a latent's side becomes: each nn.Upsample of the decoder doubles it."""
    return int(2 ** sum(isinstance(layer, nn.Upsample) for layer in tiny.decoder.modules()))
