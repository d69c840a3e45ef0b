"""The text-to-image models that can be measured."""

from __future__ import annotations

import re
from dataclasses import replace

from profiler.catalogue import hub_cache
from profiler.catalogue.large_models import LARGE_MODELS
from profiler.errors import UnknownName
from profiler.records.catalogue import ModelSpec
from profiler.records.cell import MethodUse

TINY_SD = ModelSpec(
    name="tiny-sd",
    family="stable-diffusion",
    doc=(
        "A small latent diffusion model that ships with sdprof and paints a shape on a "
        "background; follows its prompts, needs no network and no GPU."
    ),
    source="trained by the scripts in training/ of this repository",
    weights=("embedded",),
    resolution_px=64,
    resolution_multiple_px=16,
    steps=20,
    guidance=3.0,
    scheduler="ddim",
    prompt_set="scenes",
    metrics=("psnr", "ssim", "prompt_alignment", "clip_score"),
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (TINY_SD, *LARGE_MODELS)}

# A name of the hub: its owner, a slash, and the model.
HUB_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*"
# What is trained at another size than 512 px, by family.
_SIDES_PX = {"sdxl": 1024, "sd3": 1024, "flux": 1024}
_STEPS, _GUIDANCE = 20, 7.5


def model(name: str) -> ModelSpec:
    """The model of that name, or any text-to-image model of the hub as `owner/name`.

    A hub model that the catalogue lists has the settings of its entry. Of another one the family
    and components are read from its model_index.json if that is in the hub's cache; else both are
    guesses until it was loaded once: the family empty, the components those of Stable Diffusion.
    Its images are 1024 px wide for SDXL, SD3 and Flux, else 512.

    Raises:
        UnknownName: no such model; with the nearest ones.
    """
    if name in MODELS:
        return MODELS[name]
    if not is_hub_id(name):
        raise UnknownName("model", name, MODELS)
    return _of_hub(name)


def is_hub_id(name: str) -> bool:
    """Has it the form `owner/name`?"""
    return re.fullmatch(HUB_ID, name) is not None


def takes_folder(spec: ModelSpec) -> bool:
    """May the weights be a local folder or file, too? Yes for models that the hub has."""
    return "hub" in spec.weights


def is_checkpoint(weights: str) -> bool:
    """Do these weights name a single file rather than a folder or a way to get them?"""
    return weights.lower().endswith((".safetensors", ".ckpt"))


def family_of(name: str) -> str:
    """The family of the model of that name, empty if unknown yet; raises `UnknownName`."""
    return model(name).family


def component_for(spec: ModelSpec, component: str) -> str:
    """The model's own name of a component: what a UNet is to others, the transformer is to it."""
    if component in ("unet", "transformer") and component not in spec.components:
        return spec.denoiser
    return component


def use_for(spec: ModelSpec, use: MethodUse) -> MethodUse:
    """The use of a method with the components named as that model names them."""
    names = dict.fromkeys(component_for(spec, component) for component in use.components)
    return replace(use, components=tuple(names))


def _of_hub(hub_id: str) -> ModelSpec:
    index = hub_cache.model_index(hub_id)
    family = hub_cache.family(index)
    flows = family in ("sd3", "flux")
    return ModelSpec(
        name=hub_id,
        family=family,
        doc="A model of the hub that the catalogue does not list.",
        source=f"https://huggingface.co/{hub_id}",
        weights=("hub",),
        hub_id=hub_id,
        resolution_px=_SIDES_PX.get(family, 512),
        resolution_multiple_px=16 if flows else 8,
        steps=_STEPS,
        guidance=_GUIDANCE,
        scheduler="flow-euler" if flows else "ddim",
        metrics=("psnr", "ssim", "clip_score"),
        components=hub_cache.components(index) or ("unet", "vae", "text_encoder"),
    )
