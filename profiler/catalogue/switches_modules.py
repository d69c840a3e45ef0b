"""Optimisations that switch modules: attention, layout, compilation, offload, step caching."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_MEMORY = "https://huggingface.co/docs/diffusers/optimization/memory"
_SPEED = "https://huggingface.co/docs/diffusers/optimization/fp16"


def _switch(
    name: str,
    doc: str,
    source: str,
    *,
    components: tuple[str, ...] = (),
    requires: Requirements | None = None,
    parameters: tuple[Parameter, ...] = (),
    conflicts: tuple[str, ...] = (),
    order: int = 50,
) -> MethodSpec:
    return MethodSpec(
        name=name,
        kind="optimise",
        target=f"profiler.pipelines.optimise.switches:{name.replace('-', '_')}",
        doc=doc,
        source=source,
        components=components,
        requires=requires or Requirements(),
        parameters=parameters,
        conflicts=conflicts,
        order=order,
    )


_OFFLOAD = Requirements(packages=("accelerate",), devices=("cuda",))

MODULE_SWITCHES: tuple[MethodSpec, ...] = (
    _switch(
        "attention-slicing",
        "Attention one slice of the heads at a time: less memory, slower.",
        _MEMORY,
        components=("unet",),
    ),
    _switch(
        "vae-slicing",
        "The VAE decodes a batch one image at a time: less memory with batches.",
        _MEMORY,
        components=("vae",),
    ),
    _switch(
        "vae-tiling",
        "The VAE decodes overlapping tiles: less memory for large images, slight seams.",
        _MEMORY,
        components=("vae",),
    ),
    _switch(
        "channels-last",
        "Convolution weights in NHWC order, which tensor cores and oneDNN like better.",
        _SPEED,
        components=("unet", "vae"),
    ),
    _switch(
        "compile",
        "torch.compile of the UNet. Works on CPU where a C++ compiler is installed; the first "
        "image takes a minute or more.",
        "https://docs.pytorch.org/docs/stable/generated/torch.compile.html",
        components=("unet",),
        requires=Requirements(packages=("torch",)),
        parameters=(
            Parameter(
                "mode",
                "str",
                "default",
                "what torch.compile optimises for",
                choices=("default", "reduce-overhead", "max-autotune"),
            ),
        ),
        conflicts=("sequential-offload",),
        order=60,
    ),
    _switch(
        "model-offload",
        "Each part of the pipeline is on the GPU only while it works.",
        _MEMORY,
        requires=_OFFLOAD,
        conflicts=("sequential-offload",),
        order=70,
    ),
    _switch(
        "sequential-offload",
        "Each layer is on the GPU only while it works: least memory, very slow.",
        _MEMORY,
        requires=_OFFLOAD,
        conflicts=("model-offload", "compile"),
        order=70,
    ),
)
