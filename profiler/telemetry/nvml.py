"""Which board a torch device is, and what NVML says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.devices.nvml import asked, by_uuid, session, visible_boards
from profiler.errors import Unsupported


def device_info(device: str) -> dict[str, str | int | float]:
    """What the environment of a measurement says about its GPU, through NVML.

    Keys: driver, cuda (the newest version that the driver runs), name, memory_bytes, uuid,
    power_limit_w (only what could be read). For "cpu" there is nothing to say; where NVML cannot
    tell, the one key `reason` says why.
    """
    if device == "cpu":
        return {}
    try:
        with session() as library:
            known = _describe(library, find(library, device))
    except Unsupported as error:
        return {"reason": str(error)}
    return {key: value for key, value in known.items() if value}


def find(library: Any, device: str) -> Any:
    """The NVML handle of a torch device ("cuda", "cuda:1") or of a UUID ("GPU-...", "MIG-...").

    CUDA counts only the boards that CUDA_VISIBLE_DEVICES names, so the number is looked up there.
    Raises Unsupported with the reason where there is no such board.
    """
    if not device.startswith("cuda"):
        try:
            return by_uuid(library, device)
        except library.NVMLError as error:
            raise Unsupported(f"NVML cannot open {device}: {error}") from error
    number = int(device.partition(":")[2] or 0)
    visible = visible_boards(library)
    if number >= len(visible):
        raise Unsupported(f"{device} is not among the {len(visible)} visible NVML devices")
    return visible[number]


def _describe(library: Any, board: Any) -> Mapping[str, str | int | float | None]:
    cuda = asked(library, library.nvmlSystemGetCudaDriverVersion)
    memory = asked(library, lambda: library.nvmlDeviceGetMemoryInfo(board))
    limit = asked(library, lambda: library.nvmlDeviceGetEnforcedPowerLimit(board))
    return {
        "driver": asked(library, library.nvmlSystemGetDriverVersion),
        "cuda": f"{cuda // 1000}.{cuda % 1000 // 10}" if cuda else "",
        "name": asked(library, lambda: library.nvmlDeviceGetName(board)),
        "memory_bytes": memory.total if memory else 0,
        "uuid": asked(library, lambda: library.nvmlDeviceGetUUID(board)),
        "power_limit_w": limit / 1000.0 if limit else None,
    }
