"""Prompts, measurement settings and quality metrics of a suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from profiler.catalogue.metrics import metric
from profiler.catalogue.prompts import prompt_set
from profiler.errors import InputError
from profiler.records.catalogue import ModelSpec
from profiler.records.suite import MeasureSpec, QualitySpec
from profiler.suite.expand import Prompts
from profiler.suite.resolve import Resolver
from profiler.suite.shape import MeasureShape, PromptFileShape, QualityShape, SuiteShape
from profiler.suite.source import read_text


def read_prompts(shape: SuiteShape, resolver: Resolver, folder: Path) -> Prompts:
    """The texts for a model: the suite's own, or else the set that belongs to the model."""
    asked = shape.prompts
    if asked is None:
        return lambda spec: prompt_set(spec.prompt_set)
    if isinstance(asked, str):
        texts = resolver.named(prompt_set, asked, ("prompts",)) or ()
    elif isinstance(asked, PromptFileShape):
        texts = _from_file(asked.file, resolver, folder)
    else:
        texts = tuple(asked)
    return lambda _: texts


def _from_file(file: str, resolver: Resolver, folder: Path) -> tuple[str, ...]:
    try:
        text = read_text(folder / Path(file).expanduser(), file)
    except InputError as error:
        resolver.problems.add(("prompts", "file"), str(error))
        return ()
    lines = (line.strip() for line in text.splitlines())
    texts = tuple(line for line in lines if line and not line.startswith("#"))
    if not texts:
        resolver.problems.add(("prompts", "file"), f"{file}: holds no prompt")
    return texts


def read_measure(shape: MeasureShape, resolver: Resolver) -> MeasureSpec:
    """How each cell is measured."""
    if shape.max_repeats < shape.min_repeats:
        resolver.problems.add(
            ("measure", "max_repeats"),
            f"must be at least min_repeats ({shape.min_repeats}), got {shape.max_repeats}",
        )
    return MeasureSpec(
        warmup=shape.warmup,
        min_repeats=shape.min_repeats,
        max_repeats=shape.max_repeats,
        target_relative_ci=shape.target_relative_ci,
        timeout_s=shape.timeout,
        memory_limit_bytes=shape.memory_limit,
        sample_hz=float(shape.sample_hz),
        threads=shape.threads,
    )


def read_quality(
    shape: QualityShape, models: Sequence[ModelSpec], prompts: Prompts, resolver: Resolver
) -> QualitySpec:
    """Metrics (those of the models by default) and numbers of images, within the prompts."""
    defaults = [name for spec in models for name in spec.metrics]
    names = tuple(dict.fromkeys(defaults if shape.metrics is None else shape.metrics))
    for i, name in enumerate(shape.metrics or ()):
        resolver.named(metric, name, ("quality", "metrics", i))
    available = min((len(prompts(spec)) for spec in models), default=0)
    images = min(8, available) if shape.images is None else shape.images
    if images > available:
        resolver.problems.add(
            ("quality", "images"), f"asks for {images} images, but there are {available} prompts"
        )
    keep = min(4, images) if shape.keep_images is None else shape.keep_images
    if keep > images:
        resolver.problems.add(
            ("quality", "keep_images"), f"must be at most images ({images}), got {keep}"
        )
    return QualitySpec(names, images, keep)
