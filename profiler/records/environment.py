"""The software and machine that produced a measurement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from profiler.records.codec import to_json

# These differ from run to run on one machine and must not split a series.
_VOLATILE = ("host_load", "free_memory_bytes")


@dataclass(frozen=True)
class Environment:
    """What must be equal for two measurements to be comparable, and the load at the start."""

    device_id: str
    device_name: str
    host: str
    platform: str
    cpu: str
    cpu_count: int
    memory_bytes: int
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)
    driver: str = ""
    cuda: str = ""
    sdprof: str = ""
    git_commit: str = ""
    threads: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    host_load: float | None = None
    free_memory_bytes: int | None = None

    @cached_property
    def environment_id(self) -> str:
        """First 12 hex digits of the SHA-256 of everything that is not volatile."""
        content = {k: v for k, v in to_json(self).items() if k not in _VOLATILE}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
