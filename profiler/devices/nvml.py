"""The GPUs that NVML shows to this process, without torch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Read = TypeVar("Read")


@dataclass(frozen=True)
class Gpu:
    """One GPU; None where the driver does not tell."""

    name: str
    memory_bytes: int | None
    memory_clock_mhz: float | None
    capability: tuple[int, int] | None
    power_limit_w: float | None


def visible_gpus() -> tuple[list[Gpu], str]:
    """The GPUs in CUDA's order as far as `CUDA_VISIBLE_DEVICES` tells, and why there are none."""
    try:
        import pynvml
    except ImportError:
        return [], "the package nvidia-ml-py is not installed"
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return [], f"NVML does not start: {error}"
    try:
        handles, reason = _visible(pynvml)
        return [_gpu(pynvml, handle) for handle in handles], reason
    except pynvml.NVMLError as error:
        return [], f"NVML fails: {error}"
    finally:
        pynvml.nvmlShutdown()


def _visible(pynvml: Any) -> tuple[list[Any], str]:
    """Handles of the devices that CUDA would use; like CUDA, stop at the first unknown entry."""
    count = pynvml.nvmlDeviceGetCount()
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
        return handles, "" if handles else "NVML shows no GPU"
    handles = []
    for entry in (part.strip() for part in wanted.split(",")):
        if entry.isdecimal() and int(entry) < count:
            handles.append(pynvml.nvmlDeviceGetHandleByIndex(int(entry)))
        elif entry.startswith(("GPU-", "MIG-")):
            handles.append(pynvml.nvmlDeviceGetHandleByUUID(entry))
        else:
            break
    return handles, "" if handles else f"CUDA_VISIBLE_DEVICES={wanted!r} hides every GPU"


def _gpu(pynvml: Any, handle: Any) -> Gpu:
    def ask(read: Callable[[], Read]) -> Read | None:
        """Boards differ in what they tell (Jetson: almost nothing)."""
        try:
            return read()
        except pynvml.NVMLError:
            return None

    memory = ask(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle))
    clock = ask(lambda: pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_MEM))
    capability = ask(lambda: pynvml.nvmlDeviceGetCudaComputeCapability(handle))
    limit_mw = ask(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle))
    name = pynvml.nvmlDeviceGetName(handle)
    return Gpu(
        name=name.decode() if isinstance(name, bytes) else str(name),
        memory_bytes=int(memory.total) if memory else None,
        memory_clock_mhz=float(clock) if clock else None,
        capability=(int(capability[0]), int(capability[1])) if capability else None,
        power_limit_w=limit_mw / 1000 if limit_mw else None,
    )
