"""Which device a measurement on this machine would use, found without importing torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from profiler.devices.cpu import cpu_profile, slug, total_memory_bytes
from profiler.devices.lookup import match_nvml
from profiler.devices.nvml import Gpu, visible_gpus
from profiler.devices.torch_build import torch_cuda
from profiler.errors import InputError, Unsupported
from profiler.records.device import HardwareProfile

_GIB = 2**30


@dataclass(frozen=True)
class LocalDevice:
    """This machine's device: its profile, its name in torch, and how it was found, in words."""

    profile: HardwareProfile
    torch_device: str
    detected_by: str


def local_device(torch_device: str = "auto") -> LocalDevice:
    """The device called so; "auto" takes the first GPU that NVML shows, else the CPU.

    Raises:
        InputError: not "auto", "cpu", "cuda" or "cuda:N".
        Unsupported: a GPU is asked for and there is none, with the reason.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d{1,3}))?", torch_device)
    if match is None:
        raise InputError(
            f"unknown device {torch_device!r}; use auto, cpu, cuda or cuda:N "
            "(recommend also takes the id of a hardware profile)"
        )
    if torch_device == "cpu":
        return LocalDevice(cpu_profile(), "cpu", "asked for")
    index = int(match[1] or 0)
    gpus, reason = visible_gpus()
    if gpus and torch_cuda() == "":
        gpus, reason = [], "the installed torch is built without CUDA"
    if index < len(gpus):
        return LocalDevice(_gpu_profile(gpus[index]), f"cuda:{index}", "NVML")
    if torch_device == "auto":
        return LocalDevice(cpu_profile(), "cpu", f"no GPU: {reason}")
    raise Unsupported(
        f"there is no {torch_device}: {reason or f'NVML shows {len(gpus)} GPU'}; use --device cpu"
    )


def _gpu_profile(gpu: Gpu) -> HardwareProfile:
    """The known profile with the memory that the driver shows, or what the driver tells alone."""
    # Boards that share the host's memory (Jetson) tell none through NVML.
    memory = gpu.memory_bytes or total_memory_bytes()
    known = match_nvml(gpu.name, memory, gpu.memory_clock_mhz)
    if known:
        return replace(
            known,
            memory_bytes=memory,
            capability=gpu.capability or known.capability,
            power_limit_w=gpu.power_limit_w or known.power_limit_w,
        )
    return HardwareProfile(
        id=f"{slug(gpu.name)}-{round(memory / _GIB)}gib",
        name=gpu.name,
        kind="cuda",
        capability=gpu.capability,
        memory_bytes=memory,
        power_limit_w=gpu.power_limit_w,
        sources=("what NVML tells",),
    )
