"""The axes of a suite, checked: the values to combine for each of its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiler.catalogue.models import is_checkpoint, model, takes_folder
from profiler.catalogue.precisions import precision
from profiler.catalogue.schedulers import scheduler
from profiler.errors import did_you_mean
from profiler.records.catalogue import ModelSpec
from profiler.records.cell import Scalar
from profiler.suite.digest import digest_of
from profiler.suite.problems import KeyPath
from profiler.suite.resolve import Asked, Resolver, Uses, chain_variants
from profiler.suite.shape import AxesShape, SuiteShape


@dataclass(frozen=True)
class WeightedModel:
    """A model of the suite and the way its weights are had; `digest` tells those of a path."""

    spec: ModelSpec
    weights: str
    digest: str = ""


@dataclass(frozen=True)
class Axes:
    """The values of each axis, in the order of the file; None where the model's own value holds."""

    chains: tuple[tuple[Asked, ...], ...]
    switches: tuple[tuple[Asked, ...], ...]
    parameters: Mapping[tuple[str, str], Sequence[Scalar]]
    precisions: Sequence[str]
    resolutions: Sequence[tuple[int, int]] | None
    batch_sizes: Sequence[int]
    steps: Sequence[int] | None
    schedulers: Sequence[str] | None
    guidances: Sequence[float] | None

    def values(self, spec: ModelSpec) -> tuple[Sequence[Any], ...]:
        """The values to combine for a model, compression first, optimisations last."""
        side = spec.resolution_px
        return (
            self._variants(self.chains),
            self.precisions,
            self.resolutions or [(side, side)],
            self.batch_sizes,
            self.steps or [spec.steps],
            self.schedulers or [spec.scheduler],
            self.guidances or [spec.guidance],
            self._variants(self.switches),
        )

    def _variants(self, chains: Sequence[Sequence[Asked]]) -> list[Uses]:
        return [uses for chain in chains for uses in chain_variants(chain, self.parameters)]


def read_models(shape: SuiteShape, resolver: Resolver, folder: Path) -> tuple[WeightedModel, ...]:
    """The suite's models; those that are wrong are noted and left out."""
    found: dict[WeightedModel, None] = {}
    for i, entry in enumerate(shape.models):
        path: KeyPath = ("models", i)
        name, weights = (entry, None) if isinstance(entry, str) else (entry.name, entry.weights)
        spec = resolver.named(model, name, path if isinstance(entry, str) else (*path, "name"))
        if spec:
            right = read_weights(spec, weights, resolver, folder, (*path, "weights"))
            digest = "" if right in spec.weights else digest_of(right)
            found[WeightedModel(spec, right, digest)] = None
    return tuple(found)


def read_weights(
    spec: ModelSpec, wanted: str | None, resolver: Resolver, folder: Path, path: KeyPath
) -> str:
    """A way of having weights, or the absolute path of a folder or file.

    Paths are relative to the suite's file. Every model takes a folder (at the least one that
    `sdprof export` wrote); a checkpoint file only models that the hub has.
    """
    if wanted is None:
        return spec.weights[0]
    if wanted in spec.weights:
        return wanted
    is_file, is_path = is_checkpoint(wanted), "/" in wanted or "\\" in wanted or wanted[:1] == "."
    if takes_folder(spec) if is_file else is_path:
        return (folder / Path(wanted).expanduser()).resolve().as_posix()
    if not is_file and (folder / wanted).exists():
        resolver.problems.add(path, f"{wanted!r} is a path here; write ./{wanted}")
        return spec.weights[0]
    ways = f"{spec.name} has weights {', '.join(spec.weights)}, or the path of a folder such as "
    ways += "./my-model" + (" or of a file such as my.safetensors" if takes_folder(spec) else "")
    resolver.problems.add(path, f"unknown weights {wanted!r}{_hint(wanted, spec)}; {ways}")
    return spec.weights[0]


def _hint(wanted: str, spec: ModelSpec) -> str:
    hint = did_you_mean(wanted, spec.weights)
    return hint if hint.startswith(" - ") else ""


def read_axes(shape: AxesShape, resolver: Resolver) -> Axes:
    """The axes with names and parameters checked; mistakes are noted."""
    for axis, find in (("precision", precision), ("scheduler", scheduler)):
        for i, name in enumerate(getattr(shape, axis) or ()):
            resolver.named(find, name, ("axes", axis, i))
    chains = tuple(
        resolver.chain(entry, ("axes", "compression", i))
        for i, entry in enumerate(shape.compression or ["none"])
    )
    switches = tuple(
        resolver.switches(entry, ("axes", "optimisations", i))
        for i, entry in enumerate(shape.optimisations or ["none"])
    )
    return Axes(
        chains=chains,
        switches=switches,
        parameters=_parameter_axes(shape, resolver, chains + switches),
        precisions=shape.precision or ["fp32"],
        resolutions=shape.resolution,
        batch_sizes=shape.batch_size or [1],
        steps=shape.steps,
        schedulers=shape.scheduler,
        guidances=shape.guidance,
    )


def _parameter_axes(
    shape: AxesShape, resolver: Resolver, chains: Sequence[Sequence[Asked]]
) -> dict[tuple[str, str], list[Scalar]]:
    """The axes called `method.parameter`; each needs a method that it concerns."""
    axes: dict[tuple[str, str], list[Scalar]] = {}
    used = {asked.spec.name for chain in chains for asked in chain}
    for key, values in (shape.model_extra or {}).items():
        path: KeyPath = ("axes", key)
        found = resolver.dotted(key, path)
        if found is None:
            continue
        spec, name = found
        if not isinstance(values, list) or not values:
            resolver.problems.add(path, "expected a list with at least one value")
            continue
        right = [resolver.parameter(spec, name, v, (*path, i)) for i, v in enumerate(values)]
        axes[spec.name, name] = [value for value in right if value is not None]
        if spec.name not in used:
            axis = "optimisations" if spec.kind == "optimise" else "compression"
            resolver.problems.add(path, f"no value of axes.{axis} holds {spec.name}", key=True)
    return axes
