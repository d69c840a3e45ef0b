"""Axes, include, exclude and baseline to cells: each once, the baseline first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from profiler.catalogue.models import model, use_for
from profiler.catalogue.precisions import precision
from profiler.catalogue.prompts import prompt_set
from profiler.catalogue.schedulers import scheduler
from profiler.records.catalogue import ModelSpec
from profiler.records.cell import Cell, Scalar
from profiler.suite.axes import Axes, WeightedModel, read_weights
from profiler.suite.exclude import Pattern
from profiler.suite.problems import KeyPath
from profiler.suite.resolve import Resolver, Uses, chain_variants
from profiler.suite.shape import CellShape

MAX_CELLS = 100_000
Prompts = Callable[[ModelSpec], tuple[str, ...]]


@dataclass(frozen=True)
class Excluded:
    """A cell of the product that a pattern left out."""

    cell: Cell
    pattern: str


@dataclass
class Expander:
    """Builds the cells of one suite."""

    models: tuple[WeightedModel, ...]
    axes: Axes
    prompts: Prompts
    seed: int
    resolver: Resolver
    folder: Path
    cells: dict[str, Cell] = field(default_factory=dict)
    excluded: list[Excluded] = field(default_factory=list)

    def product(self, patterns: list[Pattern]) -> None:
        """Every combination of the axes for every model, less what is excluded.

        A pattern that matches nothing is a mistake of the file and noted; so are too many cells.
        """
        values = {entry: self.axes.values(entry.spec) for entry in self.models}
        count = sum(math.prod(map(len, lists)) for lists in values.values())
        if count > MAX_CELLS:
            self.resolver.problems.stop(("axes",), f"make {count} cells, more than {MAX_CELLS}")
        unused = {pattern.path: pattern for pattern in patterns}
        for entry, lists in values.items():
            prompts = self.prompts(entry.spec)
            for point in itertools.product(*lists):
                cell = _cell(entry, point, prompts, self.seed)
                hits = [pattern for pattern in patterns if pattern.matches(cell)]
                for pattern in hits:
                    unused.pop(pattern.path, None)
                if not hits:
                    self.cells.setdefault(cell.cell_id, cell)
                elif cell.cell_id not in self.cells:
                    self.excluded.append(Excluded(cell, hits[0].where))
        for pattern in unused.values():
            self.resolver.problems.add(pattern.path, f"excludes no cell ({pattern.text})")

    def add(self, cell: Cell) -> Cell:
        """Have this cell among the cells, excluded or not."""
        self.excluded = [entry for entry in self.excluded if entry.cell.cell_id != cell.cell_id]
        return self.cells.setdefault(cell.cell_id, cell)

    def single(self, shape: CellShape, path: KeyPath, entry: WeightedModel | None = None) -> Cell:
        """One cell: the first value of each axis, with what `shape` says instead.

        `entry` is the model where the shape names none; else the suite's first.
        """
        entry = self._model_of(shape, path, entry)
        first = [lists[0] for lists in self.axes.values(entry.spec)]
        parameters = self._parameters(shape, path)
        chain = self._uses(shape, "compression", first[0], parameters, path)
        switches = self._uses(shape, "optimisations", first[-1], parameters, path)
        for axis, find in (("precision", precision), ("scheduler", scheduler)):
            if name := getattr(shape, axis):
                self.resolver.named(find, name, (*path, axis))
        middle = ("precision", "resolution", "batch_size", "steps", "scheduler", "guidance")
        given = [getattr(shape, axis) for axis in middle]
        values = [own if new is None else new for own, new in zip(first[1:-1], given, strict=True)]
        seed = self.seed if shape.seed is None else shape.seed
        for method, name in parameters:
            if not any(use.method == method for use in (*chain, *switches)):
                where = (*path, f"{method}.{name}")
                self.resolver.problems.add(where, f"this cell does not use {method}", key=True)
        prompts = self.prompts(entry.spec)
        if shape.prompts is not None:
            prompts = self.resolver.named(prompt_set, shape.prompts, (*path, "prompts")) or ()
        return _cell(entry, (chain, *values, switches), prompts, seed)

    def _model_of(
        self, shape: CellShape, path: KeyPath, entry: WeightedModel | None
    ) -> WeightedModel:
        base = entry or self.models[0]
        if shape.model is not None and shape.model != base.spec.name:
            spec = self.resolver.named(model, shape.model, (*path, "model"))
            if spec:
                known = [other for other in self.models if other.spec == spec]
                base = known[0] if known else WeightedModel(spec, spec.weights[0])
        if shape.weights is not None:
            weights = read_weights(
                base.spec, shape.weights, self.resolver, self.folder, (*path, "weights")
            )
            base = replace(base, weights=weights)
        return base

    def _parameters(self, shape: CellShape, path: KeyPath) -> dict[tuple[str, str], Scalar]:
        """The keys `method.parameter` of a single cell."""
        found: dict[tuple[str, str], Scalar] = {}
        for key, value in (shape.model_extra or {}).items():
            dotted = self.resolver.dotted(key, (*path, key))
            if dotted:
                spec, name = dotted
                right = self.resolver.parameter(spec, name, value, (*path, key))
                if right is not None:
                    found[spec.name, name] = right
        return found

    def _uses(
        self,
        shape: CellShape,
        axis: str,
        own: Uses,
        parameters: Mapping[tuple[str, str], Scalar],
        path: KeyPath,
    ) -> Uses:
        """The chain of a single cell: first values of parameter axes, then what the cell says."""
        entry = getattr(shape, axis)
        if entry is None:
            return tuple(
                replace(use, parameters={**use.parameters, **_of(parameters, use.method)})
                for use in own
            )
        read = self.resolver.chain if axis == "compression" else self.resolver.switches
        axes = {key: list(values[:1]) for key, values in self.axes.parameters.items()}
        axes.update({key: [value] for key, value in parameters.items()})
        return chain_variants(read(entry, (*path, axis)), axes)[0]


def _of(parameters: Mapping[tuple[str, str], Scalar], method: str) -> dict[str, Scalar]:
    return {name: value for (owner, name), value in parameters.items() if owner == method}


def _cell(
    entry: WeightedModel, point: tuple[Any, ...], prompts: tuple[str, ...], seed: int
) -> Cell:
    chain, precision_name, (width, height), batch, steps, scheduler_name, guidance, switches = point
    return Cell(
        model=entry.spec.name,
        weights=entry.weights,
        weights_digest=entry.digest,
        precision=precision_name,
        width_px=width,
        height_px=height,
        batch_size=batch,
        steps=steps,
        scheduler=scheduler_name,
        guidance=float(guidance),
        seed=seed,
        prompts=prompts,
        compression=tuple(use_for(entry.spec, use) for use in chain),
        optimisations=switches,
    )
