"""Reads a hardware profile from its YAML file; quick, since `recommend` waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from profiler.errors import InputError
from profiler.records.device import HardwareProfile, Match

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_GIB = 2**30
_MAX_BYTES = 2**20
_KEYS = frozenset(
    [
        "schema_version",
        "id",
        "name",
        "kind",
        "aliases",
        "match",
        "architecture",
        "capability",
        "memory_gib",
        "bandwidth_gb_per_s",
        "peak_tflops",
        "power_limit_w",
        "features",
        "quirks",
        "sources",
        "details",
    ]
)


def read_profile(path: Path) -> HardwareProfile:
    """The profile in that file.

    Raises:
        InputError: not readable, or not a profile; names the file and each wrong key.
    """
    data = load_data(path)
    try:
        return to_profile(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The form is wrong: only now is the slow, exact check worth its import.
        from profiler.devices.validate import check_data

        check_data(data, path)
        raise InputError(f"{path}: is not a hardware profile: {error!r}") from error


def load_data(path: Path) -> Any:
    """The plain data of a YAML file, with the place of a mistake in its syntax."""
    try:
        with path.open("rb") as file:  # a device has no size of its own
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise InputError(f"{path}: is larger than {_MAX_BYTES // 2**20} MiB")
        return yaml.load(content.decode("utf-8"), Loader=_LOADER)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(f"{where}: not valid YAML: {error.problem}") from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def to_profile(data: Mapping[str, Any]) -> HardwareProfile:
    """Plain data to the record: GiB, GB/s and TFLOP/s to SI units."""
    if unknown := data.keys() - _KEYS:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    bandwidth, power = data.get("bandwidth_gb_per_s"), data.get("power_limit_w")
    return HardwareProfile(
        id=str(data["id"]),
        name=str(data["name"]),
        kind=str(data["kind"]),
        aliases=_texts(data.get("aliases")),
        match=_match(data.get("match") or {}),
        architecture=str(data.get("architecture", "")),
        capability=_capability(data.get("capability")),
        memory_bytes=round(float(data.get("memory_gib", 0)) * _GIB),
        bandwidth_bytes_per_s=None if bandwidth is None else float(bandwidth) * 1e9,
        peak_flops={
            key: float(value) * 1e12 for key, value in (data.get("peak_tflops") or {}).items()
        },
        power_limit_w=None if power is None else float(power),
        features={key: bool(value) for key, value in (data.get("features") or {}).items()},
        quirks=_texts(data.get("quirks")),
        sources=_texts(data.get("sources")),
        details=dict(data.get("details") or {}),
    )


def _match(data: Mapping[str, Any]) -> Match:
    return Match(
        nvml_names=_texts(data.get("nvml_names")),
        min_memory_bytes=_gib(data.get("min_memory_gib")),
        max_memory_bytes=_gib(data.get("max_memory_gib")),
        cpu_names=_texts(data.get("cpu_names")),
        min_memory_clock_mhz=data.get("min_memory_clock_mhz"),
        max_memory_clock_mhz=data.get("max_memory_clock_mhz"),
        min_cpu_count=data.get("min_cpu_count"),
    )


def _gib(value: float | None) -> int | None:
    return None if value is None else round(float(value) * _GIB)


def _capability(value: object) -> tuple[int, int] | None:
    """The text "7.5" as (7, 5)."""
    if value is None:
        return None
    major, minor = str(value).split(".")
    return int(major), int(minor)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f"expected a list of texts, got {value!r}")
    return tuple(str(item) for item in value or ())
