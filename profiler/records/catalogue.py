"""What can be asked for, as data: models, methods, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.records.cell import Scalar


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method; `kind` is "int", "float", "str" or "bool"."""

    name: str
    kind: str
    default: Scalar
    doc: str
    choices: tuple[Scalar, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Requirements:
    """What must be there for a method to run; empty tuples ask for nothing.

    `packages` are import names, `devices` are torch device types, `capability` is the least CUDA
    compute capability, `precisions` are those it may be combined with, `models` likewise.
    """

    packages: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    capability: tuple[int, int] | None = None
    precisions: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class MethodSpec:
    """A compression method or an optimisation; `target` is "module:function", loaded on use.

    `kind` is "quantise", "prune", "distil" or "optimise". `order` sorts chains: lower comes first,
    and a chain written in another order is refused.
    """

    name: str
    kind: str
    target: str
    doc: str
    source: str
    components: tuple[str, ...] = ("unet",)
    parameters: tuple[Parameter, ...] = ()
    requires: Requirements = field(default_factory=Requirements)
    conflicts: tuple[str, ...] = ()
    order: int = 50
    needs_gpu_for_speed: str = ""

    def defaults(self) -> Mapping[str, Scalar]:
        """Parameter name to default."""
        return {parameter.name: parameter.default for parameter in self.parameters}


@dataclass(frozen=True)
class ModelSpec:
    """A text-to-image model of the catalogue.

    `weights` are the ways its weights can be had, the default first: "embedded", "hub", "random".
    `quality_known` is False where no trained weights are at hand.
    """

    name: str
    family: str
    doc: str
    source: str
    weights: tuple[str, ...]
    hub_id: str = ""
    resolution_px: int = 512
    resolution_multiple_px: int = 8
    steps: int = 20
    guidance: float = 7.5
    scheduler: str = "ddim"
    prompt_set: str = "general"
    metrics: tuple[str, ...] = ()
    unet_parameters: int = 0
    vae_parameters: int = 0
    text_encoder_parameters: int = 0


@dataclass(frozen=True)
class MetricSpec:
    """A quality metric; `better` is "higher" or "lower"; paired ones need the baseline's image.

    `lowest` and `highest` are the ends of its range, where it has any.
    """

    name: str
    unit: str
    better: str
    paired: bool
    target: str
    doc: str
    source: str
    requires: Requirements = field(default_factory=Requirements)
    lowest: float | None = None
    highest: float | None = None
