"""The processor and memory of this machine, as a hardware profile."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import replace
from pathlib import Path

from profiler.devices.lookup import match_cpu
from profiler.records.device import HardwareProfile

_CPUINFO = Path("/proc/cpuinfo")
# ARM's part numbers, as in its technical reference manuals; /proc/cpuinfo has no name there.
_ARM_PARTS = {
    "0xd0c": "Neoverse-N1",
    "0xd40": "Neoverse-V1",
    "0xd49": "Neoverse-N2",
    "0xd4f": "Neoverse-V2",
}


def cpu_profile() -> HardwareProfile:
    """The known profile of this processor, or one made from what the system tells.

    Peaks and bandwidth of an unknown processor stay unknown.
    """
    info = _cpuinfo()
    name, count = cpu_name(info), cpu_count()
    known = match_cpu(name, count)
    if known:
        return replace(known, memory_bytes=total_memory_bytes())
    return HardwareProfile(
        id=f"cpu-{slug(name)}-{count}c",
        name=f"{name} ({count} cores)",
        kind="cpu",
        architecture=platform.machine(),
        memory_bytes=total_memory_bytes(),
        features=_features(info),
        sources=("what the operating system tells",),
    )


def cpu_name(info: str | None = None) -> str:
    """The processor's name; `info` is the text of /proc/cpuinfo, which is read if it is None."""
    if info is None:
        info = _cpuinfo()
    if match := re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE):
        return match[1].strip()
    if match := re.search(r"^CPU part\s*:\s*(\S+)$", info, re.MULTILINE):
        return _ARM_PARTS.get(match[1], f"{platform.machine()} {match[1]}")
    return platform.processor() or platform.machine() or "unknown"


def slug(name: str) -> str:
    """`Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz` as `intel-core-i7-9750h`."""
    plain = re.sub(r"\((r|tm)\)|@.*$|\b\d+-core\b", " ", name.lower())
    plain = re.sub(r"\b(cpu|processor|with radeon.*)\b", " ", plain)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "unknown"


def cpu_count() -> int:
    """Logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_memory_bytes() -> int:
    """All of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        import psutil

        return int(psutil.virtual_memory().total)


def _cpuinfo() -> str:
    try:
        return _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux
        return ""


def _features(info: str) -> dict[str, bool]:
    """What the instruction set offers, where the system tells."""
    match = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", info, re.MULTILINE)
    if match is None:
        return {}
    flags = set(match[1].split())
    return {
        "avx2": "avx2" in flags,
        "avx512": "avx512f" in flags,
        "bf16": bool(flags & {"avx512_bf16", "amx_bf16", "bf16"}),
        "int8": bool(flags & {"avx512_vnni", "avx_vnni", "amx_int8", "i8mm"}),
    }
