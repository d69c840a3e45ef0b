"""A hardware profile by id, alias or NVML name; the user's own profiles come before the shipped.

Folders, in this order: `./hardware_profiles`, the user's data folder, the shipped ones. A file is
named after its id, so that a look-up by id reads one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from profiler import paths
from profiler.devices.profile import read_profile
from profiler.errors import InputError, UnknownName
from profiler.records.device import HardwareProfile

_VENDOR = re.compile(r"^(nvidia|geforce|tesla)+(?=.)")


def folders() -> list[Path]:
    """Where profiles are looked for, each folder once."""
    wanted = (
        Path("hardware_profiles"),
        paths.user_data() / "hardware_profiles",
        paths.hardware_profiles(),
    )
    found = {folder.resolve(): None for folder in wanted if folder.is_dir()}
    return list(found)


def find(name: str) -> HardwareProfile:
    """The profile called so; case, spaces and punctuation do not matter.

    Raises:
        UnknownName: no profile has that id, alias or NVML name; the nearest ids are offered.
        InputError: several share the name, or a profile's file is wrong.
    """
    files = _files()
    wanted = _key(name)
    if wanted in files:
        return read_profile(files[wanted])
    profiles = [read_profile(path) for path in files.values()]
    hits = [profile for profile in profiles if wanted in map(_key, profile.aliases)]
    hits = hits or [p for p in profiles if wanted in map(_key, (p.name, *p.match.nvml_names))]
    if len(hits) > 1:
        ids = ", ".join(profile.id for profile in hits)
        raise InputError(f"several devices are called {name!r}; name one of: {ids}")
    if not hits:
        aliases = [alias for profile in profiles for alias in profile.aliases]
        raise UnknownName("device", name, [*(p.id for p in profiles), *aliases])
    return hits[0]


def all_profiles() -> list[HardwareProfile]:
    """Every profile that is known, by id; the first folder that has an id wins."""
    return sorted((read_profile(path) for path in _files().values()), key=lambda p: p.id)


def match_nvml(
    name: str, memory_bytes: int | None, memory_clock_mhz: float | None
) -> HardwareProfile | None:
    """The profile of a GPU that NVML shows; memory and clock tell variants of one name apart."""
    for profile in _naming(name):
        bounds = profile.match
        if (
            _key(name) in map(_key, bounds.nvml_names)
            and _within(memory_bytes, bounds.min_memory_bytes, bounds.max_memory_bytes)
            and _within(memory_clock_mhz, bounds.min_memory_clock_mhz, bounds.max_memory_clock_mhz)
        ):
            return profile
    return None


def match_cpu(name: str, cpu_count: int) -> HardwareProfile | None:
    """The profile of a processor; not where only a slice of its cores is at hand."""
    for profile in _naming(name):
        enough = cpu_count >= (profile.match.min_cpu_count or 1)
        if enough and _key(name) in map(_key, profile.match.cpu_names):
            return profile
    return None


def _naming(name: str) -> Iterator[HardwareProfile]:
    """Profiles whose file holds this name; parsing only those saves time at each start."""
    for path in _files().values():
        if name.casefold() in path.read_text(encoding="utf-8", errors="replace").casefold():
            yield read_profile(path)


def _files() -> dict[str, Path]:
    """Look-up key to file; only names are read."""
    found: dict[str, Path] = {}
    for path in _yaml_files():
        found.setdefault(_key(path.stem), path)
    return found


def _yaml_files() -> Iterator[Path]:
    for folder in folders():
        yield from sorted(folder.glob("*.yaml"))


def _key(name: str) -> str:
    """Small letters and digits only, without the vendor's words in front."""
    plain = re.sub(r"[^a-z0-9+]", "", name.casefold())
    return _VENDOR.sub("", plain)


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    """Is the value within the bounds? What is not known breaks none."""
    if value is None:
        return True
    return (low is None or value >= low) and (high is None or value <= high)
