"""Optimisations of whole requests, and of the process's life around them."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_PACKAGE = "profiler.pipelines.optimise"
# Whose text embeddings and guidance are known.
_KNOWN = Requirements(families=("stable-diffusion", "sdxl"))

# `order` stacks the layers: the higher, the further outside. An image that is cached is not checked
# again, and a batch is split by size before its prompts become embeddings.
REQUEST_SWITCHES: tuple[MethodSpec, ...] = (
    MethodSpec(
        name="prompt-cache",
        kind="optimise",
        target=f"{_PACKAGE}.caches:prompt_cache",
        doc="Keeps the embeddings of the last prompts: a prompt seen before is not encoded again.",
        source="https://huggingface.co/docs/diffusers/using-diffusers/weighted_prompts",
        components=(),
        parameters=(Parameter("size", "int", 128, "prompts whose embeddings are kept", minimum=1),),
        requires=_KNOWN,
        # Behind an image cache the same request never reaches the prompt cache.
        conflicts=("image-cache",),
        order=30,
        library="diffusers (prompt_embeds)",
        limits="Saves the text encoder's time only, and only for prompts that come again.",
    ),
    MethodSpec(
        name="guidance-interval",
        kind="optimise",
        target=f"{_PACKAGE}.guidance:guidance_interval",
        doc="Guidance for the first steps only; each later step costs one denoiser pass, not two.",
        source="https://arxiv.org/abs/2404.07724",
        components=("unet",),
        parameters=(
            Parameter(
                "stop", "float", 0.5, "share of the steps that is guided", minimum=0.0, maximum=1.0
            ),
        ),
        requires=_KNOWN,
        order=40,
        library="diffusers (callback_on_step_end)",
        formula="passes = steps + round(stop * steps), in place of 2 * steps",
        limits="Changes the image; no gain where guidance is 1 or less; compiled code compiles "
        "twice, once for each batch.",
    ),
    MethodSpec(
        name="dynamic-resolution",
        kind="optimise",
        target=f"{_PACKAGE}.resolution:dynamic_resolution",
        doc="Prompts of low complexity are painted small, and stay small.",
        source="a heuristic of sdprof; the score is in profiler/pipelines/optimise/resolution.py",
        components=(),
        parameters=(
            Parameter(
                "threshold",
                "float",
                0.3,
                "complexity below which a prompt is simple",
                minimum=0.0,
                maximum=1.0,
            ),
            Parameter(
                "small_share",
                "float",
                0.5,
                "share of width and height for simple prompts",
                minimum=0.05,
                maximum=1.0,
            ),
        ),
        order=50,
        formula="complexity = 0.5 min(words / 40, 1) + 0.25 min(distinct words / 30, 1) + "
        "0.25 min(commas and conjunctions / 8, 1)",
        limits="The score counts words and understands nothing; small images cannot be compared "
        "with the baseline pixel by pixel, and models paint worse below the size they learnt.",
    ),
    MethodSpec(
        name="safety-checker",
        kind="optimise",
        target=f"{_PACKAGE}.safety:safety_checker",
        doc="Runs the safety checker after each image, as the pipeline does by default; no gain, "
        "but a cost that people pay.",
        source="https://huggingface.co/CompVis/stable-diffusion-safety-checker",
        components=(),
        # The others (tiny-sd, SD 2.x, SDXL and later) ship none.
        requires=Requirements(
            models=("sd15", "bk-sdm-base", "bk-sdm-small", "bk-sdm-tiny"),
            models_reason="the other models ship no safety checker",
        ),
        order=80,
        library="diffusers (StableDiffusionSafetyChecker)",
        limits="For models that ship a checker; images are counted, not blackened, and random "
        "weights cost the same but judge nothing.",
    ),
    MethodSpec(
        name="image-cache",
        kind="optimise",
        target=f"{_PACKAGE}.caches:image_cache",
        doc="Keeps the last images: the same prompt, seed, size, steps and guidance again are "
        "answered without painting.",
        source="https://en.wikipedia.org/wiki/Cache_replacement_policies#LRU",
        components=(),
        parameters=(Parameter("size", "int", 128, "images that are kept", minimum=1),),
        conflicts=("prompt-cache",),
        order=90,
        limits="Helps only where the very same image is asked for again, seed included.",
    ),
    MethodSpec(
        name="preload",
        kind="optimise",
        target=f"{_PACKAGE}.lifetime:preload",
        doc="Paints throw-away images before the first request, to make it as quick as the next.",
        source="https://docs.pytorch.org/tutorials/recipes/recipes/benchmark.html",
        components=(),
        parameters=(
            Parameter("images", "int", 1, "images painted at least, in whole batches", minimum=1),
        ),
        order=95,
        limits="Moves the cost of the first image to the start of the process; saves none of it.",
    ),
    MethodSpec(
        name="release-memory",
        kind="optimise",
        target=f"{_PACKAGE}.lifetime:release_memory",
        doc="Drops the pipeline after the last image and gives its memory back: garbage "
        "collection, CUDA's cache, malloc_trim.",
        source="https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management",
        components=(),
        order=95,
        library="torch, glibc",
        limits="Acts between models, not within one; libraries and CUDA's context stay in memory.",
    ),
)
