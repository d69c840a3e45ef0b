"""Compression by models that were trained to replace larger or slower ones, as data."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

DISTIL = 10

_SOURCE = "hub id or local folder (safetensors); empty takes the one known for the model"
_EMBEDDED = "tiny-sd"  # its student and consistency UNet ship with sdprof
# Published students by model and size: https://huggingface.co/nota-ai, https://huggingface.co/segmind
STUDENTS = {
    ("sd15", "small"): "nota-ai/bk-sdm-small",
    ("sd15", "tiny"): "nota-ai/bk-sdm-tiny",
    ("sdxl", "small"): "segmind/SSD-1B",
    ("sdxl", "tiny"): "segmind/Segmind-Vega",
}
# LCM-LoRA by model: https://huggingface.co/latent-consistency
ADAPTERS = {
    "sd15": "latent-consistency/lcm-lora-sdv1-5",
    "sdxl": "latent-consistency/lcm-lora-sdxl",
    "ssd-1b": "latent-consistency/lcm-lora-ssd-1b",
}


def _known(*models: str) -> Requirements:
    """A source that is left empty is known for these models and the embedded one only."""
    return Requirements(
        models=tuple(dict.fromkeys((_EMBEDDED, *models))),
        models_reason="for others name a folder or hub id in the parameter source",
    )


DISTILLERS = (
    MethodSpec(
        name="distilled-student",
        kind="distil",
        target="profiler.compress.student:replace_unet",
        doc="Puts a smaller UNet, trained on the output of the full one, in its place.",
        source="Kim et al. 2023, BK-SDM, arXiv:2305.15798; for tiny-sd trained by the scripts in "
        "training/",
        components=("unet",),
        parameters=(
            Parameter("size", "str", "small", "which student", choices=("small", "tiny")),
            Parameter(
                "source",
                "str",
                "",
                f"UNet, or pipeline with one: {_SOURCE}",
                requires={"": _known(*(model for model, _ in STUDENTS))},
            ),
        ),
        requires=Requirements(families=("stable-diffusion", "sdxl")),
        order=DISTIL,
        library="diffusers",
        formula="L = |e_S - e|^2 + |e_S - e_T|^2 + sum_l |f_S,l - f_T,l|^2",
        limits="A student paints what it was trained on; fine-tunes of the full UNet are lost. "
        "With a source, size is not used.",
    ),
    MethodSpec(
        name="lcm",
        kind="distil",
        target="profiler.compress.step_distillation:consistency",
        doc="Weights that paint in 1 to 4 steps: a consistency-distilled UNet for tiny-sd, an "
        "LCM-LoRA fused into the UNet for other models.",
        source="Luo et al. 2023, arXiv:2310.04378; LCM-LoRA, arXiv:2311.05556",
        components=("unet",),
        parameters=(
            Parameter(
                "source",
                "str",
                "",
                f"UNet or adapter: {_SOURCE}",
                requires={"": _known(*ADAPTERS)},
            ),
        ),
        requires=Requirements(packages=("peft",), families=("stable-diffusion", "sdxl")),
        order=DISTIL,
        aliases=("lcm-lora",),
        library="diffusers, peft",
        formula="f(x_t, t) = f(x_s, s) for all points of one trajectory; "
        "f(x, t) = c_skip(t) x + c_out(t) x_0(x, t)",
        limits="Use it with scheduler lcm (or tcd), 1 to 4 steps (8 at most) and guidance 1, which "
        "is built in; with other schedulers or many steps images get worse. Bytes stay the same.",
    ),
    MethodSpec(
        name="tiny-vae",
        kind="distil",
        target="profiler.compress.tiny_vae:replace_vae",
        doc="Puts a tiny autoencoder in place of the VAE, which takes most of the memory at large "
        "resolutions.",
        source="TAESD, https://github.com/madebyollin/taesd; for tiny-sd trained by the scripts "
        "in training/",
        components=("vae",),
        parameters=(Parameter("source", "str", "", f"AutoencoderTiny: {_SOURCE}"),),
        order=DISTIL,
        aliases=("taesd",),
        library="diffusers",
        formula="decoder D_S trained with |D_S(z) - x|^2 on the latents z of the full VAE",
        limits="Fine detail is lost; the encoder, which only image-to-image uses, is a stand-in, "
        "too.",
    ),
)
