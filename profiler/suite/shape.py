"""The form of a suite file, as pydantic models; names are checked later, against the catalogue.

The enumerations go into the JSON Schema only: a name that an installed package adds is right here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from profiler.catalogue.compression import COMPRESSIONS
from profiler.catalogue.metrics import METRICS
from profiler.catalogue.models import HUB_ID, MODELS
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.catalogue.precisions import PRECISIONS
from profiler.catalogue.prompts import PROMPT_SETS
from profiler.catalogue.schedulers import SCHEDULERS
from profiler.suite.units import parse_bytes, parse_duration, parse_resolution, parse_share


def _one_of(*names: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(names)})


def _kind(value: Any) -> str | None:
    """Which alternative a value is meant to be; the tags are in <> so that no key equals them."""
    kinds: dict[type, str] = {str: "<text>", dict: "<mapping>", list: "<list>"}
    return kinds.get(type(value))


def _chain_kind(value: Any) -> str | None:
    """The same where a mapping may be one method, or a method for each component."""
    if not isinstance(value, dict) or set(value) & _METHOD_KEYS:
        return _kind(value)
    meant = any(difflib.get_close_matches(str(key), COMPONENTS, n=1) for key in value)
    return "<components>" if meant else _kind(value)


def _either(expected: str, kind: Callable[[Any], str | None] = _kind) -> Discriminator:
    return Discriminator(
        kind, custom_error_type="alternatives", custom_error_message=f"expected {expected}"
    )


# What a compression can be given for, in the order in which cells name them.
COMPONENTS = tuple(dict.fromkeys(part for spec in MODELS.values() for part in spec.components))
_METHOD_KEYS = {"method", "components", "parameters"}

_SIZE = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9.]+"}]}
_SHARE = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9.]+ *%$"}]}
_SIDE = {"type": "integer", "minimum": 8, "maximum": 8192}
_WXH = {"type": "string", "pattern": "^[0-9]+ *x *[0-9]+$"}

# A model of the catalogue, or any of the hub as `owner/name`.
ModelName = Annotated[
    str,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(MODELS)},
                {"type": "string", "pattern": f"^{HUB_ID}$"},
            ]
        }
    ),
]
PrecisionName = Annotated[str, _one_of(*PRECISIONS)]
SchedulerName = Annotated[str, _one_of(*SCHEDULERS)]
MetricName = Annotated[str, _one_of(*METRICS)]
PromptSet = Annotated[str, _one_of(*PROMPT_SETS)]
Resolution = Annotated[
    tuple[Annotated[int, Field(ge=8, le=8192)], Annotated[int, Field(ge=8, le=8192)]],
    BeforeValidator(parse_resolution),
    WithJsonSchema({"anyOf": [_SIDE, _WXH]}),
]
Seconds = Annotated[
    float, BeforeValidator(parse_duration), Field(gt=0, le=7 * 86400), WithJsonSchema(_SIZE)
]
Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(ge=2**20), WithJsonSchema(_SIZE)]
Share = Annotated[float, BeforeValidator(parse_share), Field(gt=0, lt=1), WithJsonSchema(_SHARE)]
BatchSize = Annotated[int, Field(ge=1, le=1024)]
Steps = Annotated[int, Field(ge=1, le=1000)]
Guidance = Annotated[float, Field(ge=0, le=100)]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1 - 2**20)]


class Shape(BaseModel):
    """A mapping of the file: nothing is converted silently, and no key is unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    takes_dotted: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        for key, value in data.items() if isinstance(data, dict) else ():
            if key not in cls.model_fields and not (cls.takes_dotted and "." in key):
                raise PydanticCustomError(
                    "unknown_key", "unknown key", {"key": key, "known": list(cls.model_fields)}
                )
            if value is None:
                raise PydanticCustomError("nothing", "no value", {"key": key})
        return data


class MethodShape(Shape):
    """A method with its components and parameters."""

    method: str
    components: Annotated[list[str], Field(min_length=1)] | None = None
    parameters: dict[str, Any] = {}


class SwitchShape(Shape):
    """A runtime optimisation with its parameters."""

    method: str
    parameters: dict[str, Any] = {}


class PartShape(Shape):
    """A compression method with its parameters, for the component that it stands at."""

    method: str
    parameters: dict[str, Any] = {}


CompressionName = Annotated[str, _one_of("none", *COMPRESSIONS)]
SwitchName = Annotated[str, _one_of("none", *OPTIMISATIONS)]
OneMethod = Annotated[
    Annotated[CompressionName, Tag("<text>")] | Annotated[MethodShape, Tag("<mapping>")],
    _either("a method's name or a mapping with 'method'"),
]
OneSwitch = Annotated[
    Annotated[SwitchName, Tag("<text>")] | Annotated[SwitchShape, Tag("<mapping>")],
    _either("an optimisation's name or a mapping with 'method'"),
]
PartName = Annotated[str, _one_of("none", *COMPRESSIONS, *PRECISIONS)]
OnePart = Annotated[
    Annotated[PartName, Tag("<text>")] | Annotated[PartShape, Tag("<mapping>")],
    _either("the name of a method or precision, or a mapping with 'method'"),
]
Part = Annotated[
    Annotated[PartName, Tag("<text>")]
    | Annotated[PartShape, Tag("<mapping>")]
    | Annotated[list[OnePart], Field(min_length=1), Tag("<list>")],
    _either("the name of a method or precision, a mapping with 'method', or a list of these"),
]
Parts = dict[Annotated[str, _one_of(*COMPONENTS)], Part]
Chain = Annotated[
    Annotated[CompressionName, Tag("<text>")]
    | Annotated[MethodShape, Tag("<mapping>")]
    | Annotated[Parts, Field(min_length=1), Tag("<components>")]
    | Annotated[list[OneMethod], Field(min_length=1), Tag("<list>")],
    _either(
        "a method's name, a mapping with 'method', a list of these, or a mapping of components "
        "to methods",
        _chain_kind,
    ),
]
Switches = Annotated[
    Annotated[SwitchName, Tag("<text>")]
    | Annotated[SwitchShape, Tag("<mapping>")]
    | Annotated[list[OneSwitch], Field(min_length=1), Tag("<list>")],
    _either("an optimisation's name, a mapping with 'method', or a list of these"),
]


class ModelShape(Shape):
    """A model with the way its weights are had: hub, random, embedded, or a folder."""

    name: ModelName
    weights: str | None = None


class AxesShape(Shape):
    """The values that are combined. `method.parameter` is an axis of the cells with that method."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    takes_dotted: ClassVar[bool] = True

    compression: Annotated[list[Chain], Field(min_length=1)] | None = None
    precision: Annotated[list[PrecisionName], Field(min_length=1)] | None = None
    resolution: Annotated[list[Resolution], Field(min_length=1)] | None = None
    batch_size: Annotated[list[BatchSize], Field(min_length=1)] | None = None
    steps: Annotated[list[Steps], Field(min_length=1)] | None = None
    scheduler: Annotated[list[SchedulerName], Field(min_length=1)] | None = None
    guidance: Annotated[list[Guidance], Field(min_length=1)] | None = None
    optimisations: Annotated[list[Switches], Field(min_length=1)] | None = None


class CellShape(Shape):
    """One cell: what it does not name is the first value of each axis, or the model's own."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    takes_dotted: ClassVar[bool] = True

    model: ModelName | None = None
    weights: str | None = None
    compression: Chain | None = None
    precision: PrecisionName | None = None
    resolution: Resolution | None = None
    batch_size: BatchSize | None = None
    steps: Steps | None = None
    scheduler: SchedulerName | None = None
    guidance: Guidance | None = None
    optimisations: Switches | None = None
    seed: Seed | None = None
    prompts: PromptSet | None = None


class PromptFileShape(Shape):
    """A text file with one prompt a line; blank lines and lines with # are left out."""

    file: str


class MeasureShape(Shape):
    """How each cell is measured."""

    warmup: Annotated[int, Field(ge=0, le=100)] = 1
    min_repeats: Annotated[int, Field(ge=1, le=10_000)] = 7
    max_repeats: Annotated[int, Field(ge=1, le=10_000)] = 50
    target_relative_ci: Share = 0.03
    timeout: Seconds = 600.0
    memory_limit: Bytes | None = None
    sample_hz: Annotated[float, Field(gt=0, le=1000)] = 20.0
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None


class QualityShape(Shape):
    """Which metrics are computed, over how many prompts, and how many images are kept."""

    metrics: list[MetricName] | None = None
    images: Annotated[int, Field(ge=0, le=10_000)] | None = None
    keep_images: Annotated[int, Field(ge=0, le=10_000)] | None = None


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Prompts = Annotated[
    Annotated[PromptSet, Tag("<text>")]
    | Annotated[list[Text], Field(min_length=1), Tag("<list>")]
    | Annotated[PromptFileShape, Tag("<mapping>")],
    _either("the name of a prompt set, a list of texts, or {file: prompts.txt}"),
]
OneModel = Annotated[
    Annotated[ModelName, Tag("<text>")] | Annotated[ModelShape, Tag("<mapping>")],
    _either("a model's name or a mapping with 'name'"),
]


class SuiteShape(Shape):
    """A suite of sdprof: models, axes, and how they are measured."""

    schema_version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    description: str = ""
    models: Annotated[list[OneModel], Field(min_length=1)]
    axes: AxesShape = AxesShape()
    include: list[CellShape] = []
    exclude: list[dict[str, Any]] = []
    prompts: Prompts | None = None
    seed: Seed = 0
    measure: MeasureShape = MeasureShape()
    quality: QualityShape = QualityShape()
    baseline: CellShape = CellShape()
