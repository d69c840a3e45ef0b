"""A hardware profile: what a device is said to be able to do, each figure with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.records.cell import Scalar


@dataclass(frozen=True)
class Match:
    """How a device is recognised: NVML names, and bounds that tell variants of one name apart.

    `min_cpu_count` keeps a virtual machine with a slice of a processor from passing for all of it.
    """

    nvml_names: tuple[str, ...] = ()
    min_memory_bytes: int | None = None
    max_memory_bytes: int | None = None
    cpu_names: tuple[str, ...] = ()
    min_memory_clock_mhz: float | None = None
    max_memory_clock_mhz: float | None = None
    min_cpu_count: int | None = None


@dataclass(frozen=True)
class HardwareProfile:
    """One device; `peak_flops` by dtype path, dense, in FLOP/s; `features` by name.

    `capability` is the CUDA compute capability, None for other devices. `kind` is a torch device
    type. `quirks` are texts with evidence, for people; `details` are further facts of the data
    sheet by name (chip, SM count, clocks, caches), units in the names.
    """

    id: str
    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    match: Match = field(default_factory=Match)
    architecture: str = ""
    capability: tuple[int, int] | None = None
    memory_bytes: int = 0
    bandwidth_bytes_per_s: float | None = None
    peak_flops: Mapping[str, float] = field(default_factory=dict)
    power_limit_w: float | None = None
    features: Mapping[str, bool] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    details: Mapping[str, Scalar] = field(default_factory=dict)
