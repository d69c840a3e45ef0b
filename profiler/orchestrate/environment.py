"""The machine and its software, known before any worker starts, so that a resume can ask by it."""

from __future__ import annotations

import math
import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

import profiler
from profiler.devices.cpu import cpu_count, cpu_name
from profiler.devices.detect import LocalDevice
from profiler.devices.torch_build import torch_cuda
from profiler.records.environment import Environment
from profiler.telemetry import device_info
from profiler.worker.protocol import WORKER_SETTINGS
from profiler.worker.software import versions

_CHECKOUT = Path(profiler.__file__).resolve().parents[1]


def bench_environment(device: LocalDevice, threads: int, isolation: str) -> Environment:
    """Everything about this machine and its software that a measurement depends on."""
    return Environment(
        device_id=device.profile.id,
        device_name=device.profile.name,
        host=socket.gethostname(),
        platform=platform.platform(),
        cpu=cpu_name(),
        cpu_count=cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        python=platform.python_version(),
        packages=versions(),
        driver=str(device_info(device.torch_device).get("driver", "")),
        cuda=torch_cuda() or "",
        sdprof=profiler.__version__,
        git_commit=git_commit(_CHECKOUT),
        threads=threads,
        settings={**WORKER_SETTINGS, "isolation": isolation},
        host_load=host_load(),
        free_memory_bytes=psutil.virtual_memory().available,
    )


def at_start(environment: Environment) -> Environment:
    """The same environment with the load of this moment; its id stays."""
    free = psutil.virtual_memory().available
    return replace(environment, host_load=host_load(), free_memory_bytes=free)


def as_worker_saw(environment: Environment, told: Mapping[str, Any]) -> Environment:
    """The environment corrected by what the worker found.

    That differs only after an upgrade between the start of the bench and that of the worker.
    """
    if not told:
        return environment
    return replace(
        environment,
        packages=told.get("packages", environment.packages),
        cuda=told.get("cuda", environment.cuda),
        threads=told.get("threads", environment.threads),
    )


def usable_cores() -> int:
    """Physical cores that this process may use: the default number of threads of a worker.

    Torch computes best with one thread per physical core. A container's CPU quota counts too:
    more threads than that are stopped in the middle of a step.
    """
    logical = cpu_count()
    physical = psutil.cpu_count(logical=False) or logical
    return max(1, min(logical, physical, math.floor(_cpu_quota())))


def _cpu_quota() -> float:
    """CPUs granted by the control group (version 2), infinite where there is no quota."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return float(os.cpu_count() or 1)
    return float(os.cpu_count() or 1) if quota == "max" else float(quota) / float(period)


def host_load() -> float | None:
    """Load average of the last minute, None where the system has none."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def git_commit(checkout: Path) -> str:
    """The commit of sdprof's own checkout, "" for an installed one."""
    if not (checkout / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", str(checkout), "rev-parse", "--verify", "--quiet", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
