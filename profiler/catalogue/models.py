"""The text-to-image models that can be measured."""

from __future__ import annotations

from profiler.errors import UnknownName
from profiler.records.catalogue import ModelSpec

MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec(
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
        ),
        ModelSpec(
            name="sd15",
            family="stable-diffusion",
            doc=(
                "Stable Diffusion 1.5. Weights from the hub, from a local folder, or random with "
                "the exact architecture (for speed and memory without a download)."
            ),
            source="https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5",
            weights=("hub", "random"),
            hub_id="stable-diffusion-v1-5/stable-diffusion-v1-5",
            resolution_px=512,
            resolution_multiple_px=8,
            steps=20,
            guidance=7.5,
            scheduler="ddim",
            prompt_set="general",
            metrics=("psnr", "ssim", "clip_score"),
            unet_parameters=859_520_964,
            vae_parameters=83_653_863,
            text_encoder_parameters=123_060_480,
        ),
    )
}


def model(name: str) -> ModelSpec:
    """The model of that name; raises `UnknownName` with the nearest ones."""
    if name not in MODELS:
        raise UnknownName("model", name, MODELS)
    return MODELS[name]


def takes_folder(spec: ModelSpec) -> bool:
    """May the weights be a local folder, too? Yes for models that the hub has."""
    return "hub" in spec.weights


def family_of(name: str) -> str:
    """The family of the model of that name; raises `UnknownName`."""
    return model(name).family
