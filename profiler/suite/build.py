"""Reads a suite's file, checks it, and expands it to a `SuiteSpec`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from profiler.records.cell import Cell
from profiler.records.suite import SuiteSpec
from profiler.suite.axes import WeightedModel, read_axes, read_models
from profiler.suite.exclude import Pattern, read_patterns
from profiler.suite.expand import Excluded, Expander
from profiler.suite.measuring import read_measure, read_prompts, read_quality
from profiler.suite.problems import Problems
from profiler.suite.resolve import Resolver
from profiler.suite.shape import SuiteShape
from profiler.suite.source import Document, read_document
from profiler.suite.translate import validated


@dataclass(frozen=True)
class Explained:
    """A suite, and the cells of its product that its own patterns left out."""

    spec: SuiteSpec
    excluded: tuple[Excluded, ...]


def read_suite(path: Path, told: str) -> Explained:
    """Read, check and expand one file; `told` is its name in messages.

    Raises:
        InputError: with a line for each mistake: file, line, column, key, and the next move.
    """
    return build_suite(read_document(path, told), path)


def build_suite(document: Document, path: Path) -> Explained:
    """The same for a document that is at hand; `path` is what its relative paths start from."""
    shape = validated(SuiteShape, document)
    resolver = Resolver(Problems(document))
    folder = path.resolve().parent
    models = read_models(shape, resolver, folder)
    axes = read_axes(shape.axes, resolver)
    prompts = read_prompts(shape, resolver, folder)
    measure = read_measure(shape.measure, resolver)
    quality = read_quality(shape.quality, [entry.spec for entry in models], prompts, resolver)
    patterns = read_patterns(shape.exclude, resolver)
    resolver.problems.raise_if_any()
    expander = Expander(models, axes, prompts, shape.seed, resolver, folder)
    baselines = _expand(expander, shape, patterns)
    resolver.problems.raise_if_any()
    spec = SuiteSpec(
        name=shape.name,
        schema_version=shape.schema_version,
        description=shape.description.strip(),
        cells=tuple(expander.cells.values()),
        baseline=baselines[0],
        measure=measure,
        quality=quality,
        source=str(path),
        baselines=tuple(baselines[1:]),
    )
    return Explained(spec, tuple(expander.excluded))


def _expand(expander: Expander, shape: SuiteShape, patterns: list[Pattern]) -> list[Cell]:
    """Fill the expander: baselines, then the product, then what is included; the baselines.

    The baseline is measured whatever the patterns say: without it nothing can be compared.
    """
    primary = expander.single(shape.baseline, ("baseline",))
    baselines = [expander.add(primary)]
    own = shape.baseline.model_copy(update={"model": None, "weights": None})
    others = [entry for entry in expander.models if not _is_of(primary, entry)]
    baselines += [expander.add(expander.single(own, ("baseline",), entry)) for entry in others]
    expander.product(patterns)
    for i, cell in enumerate(shape.include):
        expander.add(expander.single(cell, ("include", i)))
    return baselines


def _is_of(cell: Cell, entry: WeightedModel) -> bool:
    return (cell.model, cell.weights) == (entry.spec.name, entry.weights)
