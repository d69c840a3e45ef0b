"""Optimisations that leave work out within or between steps: caches and token merging."""

from __future__ import annotations

from typing import Any

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

# The families whose denoiser is a UNet.
UNETS = ("stable-diffusion", "sdxl")
# They change the denoiser's Python from step to step, which a recording or a trace does not see.
_TRACERS = ("compile", "cuda-graphs")
# It halves the batch on the way, and what was kept for the whole batch no longer fits.
_HALVES = ("guidance-interval",)


def optimisation_in(file: str, name: str, doc: str, source: str, **fields: Any) -> MethodSpec:
    """The spec of an optimisation in a file of profiler/pipelines/optimise, named like it."""
    target = f"profiler.pipelines.optimise.{file}:{name.replace('-', '_')}"
    return MethodSpec(name=name, kind="optimise", target=target, doc=doc, source=source, **fields)


STEP_SWITCHES: tuple[MethodSpec, ...] = (
    optimisation_in(
        "step_caching",
        "deepcache",
        "The deep blocks of the UNet run in each n-th step only; their features are kept between.",
        "https://arxiv.org/abs/2312.00858",
        components=("unet",),
        requires=Requirements(packages=("DeepCache",), families=UNETS),
        parameters=(
            Parameter("interval", "int", 3, "every how many steps all runs", minimum=1, maximum=50),
            Parameter(
                "branch",
                "int",
                0,
                "up to which branch the UNet always runs; three per block, 0 the outermost",
                minimum=0,
                maximum=11,
            ),
        ),
        conflicts=(*_TRACERS, *_HALVES),
        order=58,
        library="DeepCache",
        formula="F_deep(t) = F_deep(t') with t' the last step that ran in full",
        limits="Pictures change, the more so the fewer the steps; schedulers that visit a "
        "timestep twice confuse it.",
    ),
    optimisation_in(
        "step_caching",
        "token-merging",
        "The most similar image tokens are merged before self-attention and parted after it.",
        "https://arxiv.org/abs/2303.17604",
        components=("unet",),
        requires=Requirements(packages=("tomesd",), families=UNETS),
        parameters=(
            Parameter(
                "ratio",
                "float",
                0.5,
                "share of the tokens that is merged away",
                minimum=0.01,
                maximum=0.75,
            ),
            Parameter(
                "max_downsample",
                "int",
                1,
                "how far down the UNet tokens are merged",
                choices=(1, 2, 4, 8),
            ),
        ),
        conflicts=_TRACERS,
        order=56,
        library="tomesd",
        formula="n tokens become (1 - ratio) n in self-attention",
        limits="Pays off for large images; small ones lose detail and gain nothing.",
    ),
    optimisation_in(
        "step_caching",
        "pyramid-attention-broadcast",
        "Attention is computed in each n-th step only and its last result used between.",
        "https://arxiv.org/abs/2408.12588",
        components=("unet",),
        requires=Requirements(families=UNETS),
        parameters=(
            Parameter(
                "self_interval",
                "int",
                2,
                "every how many steps self-attention is computed",
                minimum=1,
                maximum=50,
            ),
            Parameter(
                "cross_interval",
                "int",
                3,
                "every how many steps cross attention is computed",
                minimum=1,
                maximum=50,
            ),
        ),
        conflicts=(*_TRACERS, *_HALVES, "deepcache"),
        order=57,
        library="diffusers",
        formula="A(t) = A(t') with t' the last step whose attention was computed",
        limits="Made for video transformers; acts between timesteps 100 and 800 only.",
    ),
    optimisation_in(
        "step_caching",
        "taylorseer",
        "The attention of steps in between is predicted from the full ones by a Taylor series.",
        "https://arxiv.org/abs/2503.06923",
        components=("unet", "transformer"),
        parameters=(
            Parameter("interval", "int", 5, "every how many steps all runs", minimum=2, maximum=50),
            Parameter("order", "int", 1, "of the Taylor series", minimum=0, maximum=3),
        ),
        conflicts=(*_TRACERS, *_HALVES, "pyramid-attention-broadcast"),
        order=57,
        library="diffusers",
        formula="A(t) = sum over i of (t - t')^i / i! times the i-th difference of A at t'",
        limits="diffusers hooks the blocks of transformers: on a UNet it hooks none, without a "
        "word, and is reported as no effect.",
    ),
)
