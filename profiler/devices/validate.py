"""The form of a hardware profile's file, checked key by key; not on the path of a look-up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from profiler.devices.profile import load_data
from profiler.errors import InputError, did_you_mean

Peak = Literal[
    "fp32",
    "fp16",
    "bf16",
    "int8",
    "fp16_tensor",
    "fp16_tensor_fp16_accumulate",
    "bf16_tensor",
    "tf32_tensor",
    "int8_dp4a",
    "int8_tensor",
    "int4_tensor",
    "fp8_tensor",
    "fp8_tensor_fp16_accumulate",
    "fp4_tensor",
]
PEAKS = get_args(Peak)
Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MatchForm(_Form):
    """How the device is recognised."""

    nvml_names: list[Text] = []
    cpu_names: list[Text] = []
    min_memory_gib: Positive | None = None
    max_memory_gib: Positive | None = None
    min_memory_clock_mhz: Positive | None = None
    max_memory_clock_mhz: Positive | None = None
    min_cpu_count: Annotated[int, Field(ge=1)] | None = None


class ProfileForm(_Form):
    """A file of `hardware_profiles/`; peaks are dense, in TFLOP/s (TOP/s for integers)."""

    schema_version: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.+-]*$")]
    name: Text
    kind: Literal["cuda", "cpu", "mps", "xpu"]
    aliases: list[Text] = []
    match: MatchForm = MatchForm()
    architecture: str = ""
    capability: Annotated[str, Field(pattern=r"^\d+\.\d$")] | None = None
    memory_gib: Positive | None = None
    bandwidth_gb_per_s: Positive | None = None
    peak_tflops: dict[Peak, Positive] = {}
    power_limit_w: Positive | None = None
    features: dict[str, bool] = {}
    quirks: list[Text] = []
    sources: Annotated[list[Text], Field(min_length=1)]
    details: dict[str, str | int | float | bool] = {}


def check_file(path: Path) -> None:
    """Raise `InputError` with a line for each thing that is wrong in a profile's file."""
    data = load_data(path)
    check_data(data, path)
    if data["id"] != path.stem:
        raise InputError(f"{path}: id: is {data['id']!r}, but the file is {path.name!r}")


def check_data(data: Any, path: Path) -> None:
    """The same for data that are read already."""
    if not isinstance(data, Mapping):
        raise InputError(f"{path}: expected a mapping of keys to values")
    try:
        ProfileForm.model_validate(data)
    except ValidationError as error:
        lines = [f"{path}: {_told(details)}" for details in error.errors(include_url=False)]
        raise InputError("\n".join(lines)) from None


def _told(error: Mapping[str, Any]) -> str:
    location = [str(part) for part in error["loc"] if part != "[key]"]
    where = ".".join(location)
    if error["type"] == "extra_forbidden":
        form = MatchForm if location[0] == "match" else ProfileForm
        return f"{where}: unknown key{did_you_mean(location[-1], form.model_fields)}"
    if error["type"] == "missing":
        return f"{where}: is missing"
    if location[:1] == ["peak_tflops"] and error["type"] == "literal_error":
        return f"{where}: unknown peak{did_you_mean(location[-1], PEAKS)}"
    return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}, got {error['input']!r}"
