"""What a worker process sets up before it measures: group, life line, limits, threads, device."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import signal
import sys
import threading
from pathlib import Path

from profiler.errors import Unsupported

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends; 0 takes the request back.

    `parent` is the expected parent's pid: if it died before the request was made, we end at once.
    Elsewhere than on Linux this does nothing; a life thread stands in (`watch_life`).
    """
    if sys.platform != "linux":
        return
    number = signal.SIGKILL if parent else 0
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if parent and os.getppid() != parent:
        os._exit(1)


def watch_life(descriptor: int) -> None:
    """Start a thread that ends this process at the end of file of `descriptor`.

    The other end is held open by the parent and by nobody else, so that it closes when the parent
    is gone, however it went. The thread sleeps in `read` and costs nothing.
    """

    def watch() -> None:
        while os.read(descriptor, 4096):
            pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="life", daemon=True).start()


def redirect_output(log: int) -> None:
    """Point stdout and stderr at the log; native crashes leave their stack there."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable(file=2)


def limit_memory(limit_bytes: int | None) -> None:
    """Let the process add at most `limit_bytes` of private memory from now on.

    The limit is on RLIMIT_DATA (private writable memory; Linux 4.7 and later), relative to what is
    in use now, so that it means what the cell adds and not what the libraries brought along.
    RLIMIT_AS would be the older way, but it counts address space: glibc's arenas (64 MiB a
    thread), mapped weight files and the hundreds of gigabytes that a CUDA context reserves.

    Raises:
        Unsupported: where the limit cannot be set (Windows, macOS).
    """
    if limit_bytes is None:
        return
    if sys.platform != "linux":
        raise Unsupported(f"measure.memory_limit_bytes cannot be enforced on {sys.platform}")
    import resource

    match = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    present = int(match[1]) * 1024 if match else 0
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = present + limit_bytes
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def lift_memory_limit() -> None:
    """Take the limit back, so that a failure can be told; without a limit this does nothing."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def set_threads(threads: int | None) -> int:
    """Compute with `threads` threads (None leaves torch's choice); the number in use."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def choose_device(device: str) -> None:
    """Make a CUDA device the current one; this creates its context.

    Events, and what libraries allocate without naming a device, go to the current one: on a machine
    with two boards a cell of the second would else be timed by the first one's clock.
    """
    if device.startswith("cuda"):
        import torch

        torch.cuda.set_device(torch.device(device).index or 0)
