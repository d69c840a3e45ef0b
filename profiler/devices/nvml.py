"""NVIDIA's management library: the one door to pynvml, and the GPUs that it shows to this process.

NVML and CUDA number alike, because workers run with CUDA_DEVICE_ORDER=PCI_BUS_ID (see
`worker.protocol`); by itself CUDA puts the fastest board first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from profiler.errors import Unsupported

Read = TypeVar("Read")


@dataclass(frozen=True)
class Gpu:
    """One GPU; None where the driver does not tell."""

    name: str
    memory_bytes: int | None
    memory_clock_mhz: float | None
    capability: tuple[int, int] | None
    power_limit_w: float | None


def connect() -> Any:
    """The pynvml module, with the library loaded and initialised; end with `shut_down`.

    Raises:
        Unsupported: there is no driver or no library, with NVML's own reason.
    """
    try:
        import pynvml
    except ImportError as error:
        raise Unsupported(f"NVML is not available: {error}") from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise Unsupported(f"NVML is not available: {error}") from error
    return pynvml


@contextmanager
def session() -> Iterator[Any]:
    """`connect`, and shut down at the end."""
    library = connect()
    try:
        yield library
    finally:
        shut_down(library)


def shut_down(library: Any) -> None:
    """End a connection; a driver that is gone already has nothing to end."""
    try:
        library.nvmlShutdown()
    except library.NVMLError as error:
        if error.value not in {library.NVML_ERROR_UNINITIALIZED, library.NVML_ERROR_GPU_IS_LOST}:
            raise


def visible_gpus() -> tuple[list[Gpu], str]:
    """The GPUs that CUDA would show, in its order, and why there are none."""
    try:
        with session() as library:
            gpus = [_gpu(library, board) for board in visible_boards(library)]
    except Unsupported as error:
        return [], str(error)
    if gpus:
        return gpus, ""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    reason = "NVML shows no GPU"
    return [], reason if hidden is None else f"CUDA_VISIBLE_DEVICES={hidden!r} hides every GPU"


def visible_boards(library: Any) -> list[Any]:
    """Handles of the boards that CUDA_VISIBLE_DEVICES names; CUDA stops at the first unknown one.

    Raises:
        Unsupported: NVML cannot open a board, with its reason.
    """
    try:
        count = int(library.nvmlDeviceGetCount())
        listed = os.environ.get("CUDA_VISIBLE_DEVICES")
        boards = []
        for name in map(str, range(count)) if listed is None else listed.split(","):
            entry = name.strip()
            if entry.isdecimal() and int(entry) < count:
                boards.append(library.nvmlDeviceGetHandleByIndex(int(entry)))
            elif entry.startswith(("GPU-", "MIG-")):
                boards.append(by_uuid(library, entry))
            else:
                break
    except library.NVMLError as error:
        raise Unsupported(f"NVML cannot open a board: {error}") from error
    return boards


def by_uuid(library: Any, name: str) -> Any:
    """CUDA allows a UUID to be cut short as long as one board matches; NVML wants all of it."""
    for index in range(library.nvmlDeviceGetCount()):
        board = library.nvmlDeviceGetHandleByIndex(index)
        uuid = asked(library, partial(library.nvmlDeviceGetUUID, board))
        if uuid is not None and uuid.startswith(name):
            return board
    return library.nvmlDeviceGetHandleByUUID(name)


def asked(library: Any, read: Callable[[], Read]) -> Read | None:
    """The answer to one question, None where the board has none (Jetson: almost none)."""
    try:
        return read()
    except library.NVMLError:
        return None


def _gpu(library: Any, board: Any) -> Gpu:
    memory = asked(library, lambda: library.nvmlDeviceGetMemoryInfo(board))
    clock = asked(library, lambda: library.nvmlDeviceGetMaxClockInfo(board, library.NVML_CLOCK_MEM))
    capability = asked(library, lambda: library.nvmlDeviceGetCudaComputeCapability(board))
    limit_mw = asked(library, lambda: library.nvmlDeviceGetEnforcedPowerLimit(board))
    return Gpu(
        name=str(asked(library, lambda: library.nvmlDeviceGetName(board)) or "unknown GPU"),
        memory_bytes=int(memory.total) if memory else None,
        memory_clock_mhz=float(clock) if clock else None,
        capability=(int(capability[0]), int(capability[1])) if capability else None,
        power_limit_w=limit_mw / 1000 if limit_mw else None,
    )
