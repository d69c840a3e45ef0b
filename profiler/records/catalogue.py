"""What can be asked for, as data: models, methods, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.records.cell import Scalar


@dataclass(frozen=True)
class Requirements:
    """What must be there for a method to run; empty tuples ask for nothing.

    `packages` are import names, `devices` are torch device types, `capability` is the least CUDA
    compute capability, `precisions` are those it may be combined with, `models` and `families` (of
    ModelSpec) likewise; `models_reason` says why only those, and `not_models` maps a model to the
    reason why it is left out. `refused` maps a torch device type to the reason why it does not run
    there.
    """

    packages: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    capability: tuple[int, int] | None = None
    precisions: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    models_reason: str = ""
    not_models: Mapping[str, str] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method; `kind` is "int", "float", "str" or "bool".

    `values` is "precision" if a value names one, which then has to run where the method does. An
    empty text is refused where it is `needed`; `requires` maps a value (as text) to its needs.
    """

    name: str
    kind: str
    default: Scalar
    doc: str
    choices: tuple[Scalar, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    values: str = ""
    needed: bool = False
    requires: Mapping[str, Requirements] = field(default_factory=dict)


@dataclass(frozen=True)
class MethodSpec:
    """A compression method or an optimisation; `target` is "module:function", loaded on use.

    `kind` is "distil", "merge", "prune", "quantise", "cast" or "optimise". `order` sorts chains:
    lower comes first, and a chain written in another order is refused. `aliases` are other names
    that suites may use. `weight_bits` is what a weight of the layers in `layers` ("linear", "conv")
    takes afterwards, without scales; None where the method does not fix it. `library`, `formula`
    and `limits` are told in the generated documentation.
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
    aliases: tuple[str, ...] = ()
    weight_bits: float | None = None
    layers: tuple[str, ...] = ()
    library: str = ""
    formula: str = ""
    limits: str = ""

    def defaults(self) -> Mapping[str, Scalar]:
        """Parameter name to default."""
        return {parameter.name: parameter.default for parameter in self.parameters}


@dataclass(frozen=True)
class ModelSpec:
    """A text-to-image model of the catalogue.

    `weights` are the ways its weights can be had, the default first: "embedded", "hub", "random".
    `components` are the modules of its pipeline that hold weights, the denoiser first ("unet" or
    "transformer"). `parameters` are their counts, those of the architecture's data; what was
    published, and how exactly, is told in `parameters_source`. A model that the catalogue does not
    list has an empty family as long as nothing is known of it.
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
    parameters: Mapping[str, int] = field(default_factory=dict, hash=False)
    parameters_source: str = ""
    components: tuple[str, ...] = ("unet", "vae", "text_encoder")

    @property
    def unet_parameters(self) -> int:
        """0 where the model has no UNet or nobody counted it."""
        return self.parameters.get("unet", 0)

    @property
    def vae_parameters(self) -> int:
        """0 where nobody counted them."""
        return self.parameters.get("vae", 0)

    @property
    def text_encoder_parameters(self) -> int:
        """Of the first text encoder; 0 where nobody counted them."""
        return self.parameters.get("text_encoder", 0)

    @property
    def denoiser(self) -> str:
        """The component that is called in each step."""
        return self.components[0]


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
