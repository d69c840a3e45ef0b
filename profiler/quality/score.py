"""Runs the asked metrics over a cell's images; each becomes a mean over prompts with interval."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from profiler.catalogue.metrics import metric
from profiler.errors import MissingExtra, SdprofError
from profiler.pipelines.exported import is_exported, read_manifest
from profiler.quality.sample import Sample
from profiler.records.catalogue import MetricSpec
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.stats.intervals import mean_interval


def score(
    images: Mapping[int, Image.Image],
    prompts: Sequence[str],
    references: Mapping[int, Image.Image],
    metrics: Sequence[str],
    model: str,
    weights: str,
) -> dict[str, Quantity]:
    """Metric name to quantity. `images` and `references` are keyed by prompt index."""
    indices = sorted(images)
    sample = Sample(
        images=tuple(images[i] for i in indices),
        prompts=tuple(prompts[i] for i in indices),
        references=tuple(references.get(i) for i in indices),
        model=model,
        weights=weights,
    )
    return {name: _one(metric(name), sample) for name in metrics}


def _one(spec: MetricSpec, sample: Sample) -> Quantity:
    if reason := _why_not(spec, sample):
        return unavailable(spec.unit, reason)
    try:
        values = _function(spec)(sample)
    except (SdprofError, ImportError) as error:
        return unavailable(spec.unit, str(error))
    except Exception as error:  # noqa: BLE001 - what was timed before must not be lost with a metric
        return unavailable(spec.unit, f"{spec.name} failed: {type(error).__name__}: {error}")
    if not values or not all(math.isfinite(value) for value in values):
        return unavailable(spec.unit, f"{spec.name} gave no finite value")
    mean, low, high = mean_interval(values)
    # Student's interval knows nothing of the metric's range; no image is aligned to 103 %.
    if low is not None and spec.lowest is not None:
        low = max(low, spec.lowest)
    if high is not None and spec.highest is not None:
        high = min(high, spec.highest)
    return measured(mean, spec.unit, low, high, source=f"mean over {len(values)} prompts")


def _why_not(spec: MetricSpec, sample: Sample) -> str:
    if _without_meaning(sample.weights):
        return "random weights: the images mean nothing"
    if spec.requires.models and sample.model not in spec.requires.models:
        return f"only defined for {', '.join(spec.requires.models)}"
    if not sample.images:
        return "no image was made"
    if spec.paired and not sample.pairs():
        return "no image of the baseline to compare with"
    return ""


def _function(spec: MetricSpec) -> Callable[[Sample], list[float]]:
    module, _, name = spec.target.partition(":")
    try:
        function: Callable[[Sample], list[float]] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, "run") from error
    return function


def _without_meaning(weights: str) -> bool:
    """Were these weights never trained? So are those of an export of random ones."""
    if is_exported(weights):
        return read_manifest(Path(weights).expanduser()).weights == "random"
    return weights == "random"
