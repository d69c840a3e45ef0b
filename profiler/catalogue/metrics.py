"""What is computed from images; `paired` metrics compare with the baseline's image."""

from __future__ import annotations

from profiler.catalogue import registry
from profiler.records.catalogue import MetricSpec, Requirements

GROUP = "sdprof.metrics"

_METRICS = (
    MetricSpec(
        name="psnr",
        unit="dB",
        better="higher",
        paired=True,
        target="profiler.quality.pixels:psnr",
        doc=(
            "Peak signal-to-noise ratio against the baseline's image: divergence, not quality. "
            "Says little where steps, scheduler or the UNet itself differ."
        ),
        source="10 log10(1 / MSE) for images in [0, 1]",
        lowest=0.0,
    ),
    MetricSpec(
        name="ssim",
        unit="1",
        better="higher",
        paired=True,
        target="profiler.quality.pixels:ssim",
        doc="Structural similarity to the baseline's image, 1 is equal: divergence, not quality.",
        source="Wang et al. 2004, IEEE Transactions on Image Processing 13(4)",
        lowest=-1.0,
        highest=1.0,
    ),
    MetricSpec(
        name="prompt_alignment",
        unit="1",
        better="higher",
        paired=False,
        target="profiler.quality.alignment:prompt_alignment",
        doc=(
            "Share of the prompt's attributes (background, shape, colour, size, position) that a "
            "deterministic judge reads in the image."
        ),
        source="sdprof, profiler/quality/judge.py",
        requires=Requirements(models=("tiny-sd",)),
        lowest=0.0,
        highest=1.0,
    ),
    MetricSpec(
        name="clip_score",
        unit="1",
        better="higher",
        paired=False,
        target="profiler.quality.clip:clip_score",
        doc="100 x max(cosine of the image's and the prompt's CLIP features, 0).",
        source="Hessel et al. 2021, CLIPScore, arXiv:2104.08718 (scaled as in torchmetrics)",
        lowest=0.0,
        highest=100.0,
    ),
)

METRICS: dict[str, MetricSpec] = {spec.name: spec for spec in _METRICS}


def metric(name: str) -> MetricSpec:
    """The metric of that name, built in or from an entry point; raises `UnknownName`."""
    return registry.lookup("metric", name, METRICS, GROUP, MetricSpec)


def all_metrics() -> dict[str, MetricSpec]:
    """Every metric that is installed, those of other packages included."""
    registry.extend(METRICS, GROUP, MetricSpec)
    return dict(METRICS)
