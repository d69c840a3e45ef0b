"""NVIDIA's management library: the one door to pynvml; which boards there are and who they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from profiler.errors import Unsupported


@dataclass(frozen=True)
class Board:
    """A GPU as the driver describes it; `cuda` is the newest CUDA version that the driver runs."""

    index: int
    name: str
    uuid: str
    memory_bytes: int
    driver: str
    cuda: str
    power_limit_w: float | None = None


def connect() -> Any:
    """The pynvml module, with the library loaded and initialised; end with `nvmlShutdown()`.

    Raises Unsupported with NVML's own reason where there is no driver or no library.
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


def visible_devices() -> tuple[Board, ...]:
    """The boards of this machine in NVML's order; none where NVML is not available."""
    try:
        with session() as library:
            return tuple(
                _describe(library, library.nvmlDeviceGetHandleByIndex(index), index)
                for index in range(library.nvmlDeviceGetCount())
            )
    except Unsupported:
        return ()


def device_info(device: str) -> dict[str, str | int | float]:
    """What the environment of a measurement says about its GPU, through NVML.

    Keys: driver, cuda, name, memory_bytes, uuid, power_limit_w (only what could be read). For
    "cpu" there is nothing to say; where NVML cannot tell, the one key `reason` says why.
    """
    if device == "cpu":
        return {}
    try:
        with session() as library:
            board = _describe(library, find(library, device), -1)
    except Unsupported as error:
        return {"reason": str(error)}
    known: Mapping[str, str | int | float | None] = {
        "driver": board.driver,
        "cuda": board.cuda,
        "name": board.name,
        "memory_bytes": board.memory_bytes,
        "uuid": board.uuid,
        "power_limit_w": board.power_limit_w,
    }
    return {key: value for key, value in known.items() if value}


def find(library: Any, device: str) -> Any:
    """The NVML handle of a torch device ("cuda", "cuda:1") or of a UUID ("GPU-...", "MIG-...").

    CUDA counts only the boards that CUDA_VISIBLE_DEVICES names, so the number is looked up there.
    Raises Unsupported with the reason where the board cannot be told for sure.
    """
    try:
        if not device.startswith("cuda"):
            return _by_uuid(library, device)
        number = int(device.partition(":")[2] or 0)
        visible = _visible_names(library)
        if number >= len(visible):
            raise Unsupported(f"{device} is not among the {len(visible)} visible NVML devices")
        name = visible[number]
        if name.isdigit():
            return library.nvmlDeviceGetHandleByIndex(int(name))
        return _by_uuid(library, name)
    except library.NVMLError as error:
        raise Unsupported(f"NVML cannot open {device}: {error}") from error


def _visible_names(library: Any) -> list[str]:
    """Numbers or UUIDs of the boards in CUDA's order, as CUDA_VISIBLE_DEVICES has them."""
    count = int(library.nvmlDeviceGetCount())
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    names: list[str] = []
    for name in map(str, range(count)) if listed is None else listed.split(","):
        # CUDA stops at the first name that is not valid.
        beyond = name.strip().isdigit() and int(name) >= count
        if beyond or name.strip() in {"", "-1"}:
            break
        names.append(name.strip())
    numbers = any(name.isdigit() for name in names)
    if numbers and count > 1 and os.environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        kinds = {
            library.nvmlDeviceGetName(library.nvmlDeviceGetHandleByIndex(index))
            for index in range(count)
        }
        if len(kinds) > 1:
            raise Unsupported(
                "this machine has boards of several kinds, which CUDA and NVML number differently; "
                "set CUDA_DEVICE_ORDER=PCI_BUS_ID"
            )
    return names


def _by_uuid(library: Any, name: str) -> Any:
    """CUDA allows a UUID to be cut short as long as one board matches; NVML wants all of it."""
    for index in range(library.nvmlDeviceGetCount()):
        board = library.nvmlDeviceGetHandleByIndex(index)
        if library.nvmlDeviceGetUUID(board).startswith(name):
            return board
    return library.nvmlDeviceGetHandleByUUID(name)


def _describe(library: Any, board: Any, index: int) -> Board:
    def ask(function: str, *arguments: Any) -> Any:
        try:
            return getattr(library, function)(*arguments)
        except library.NVMLError:
            return None  # one that cannot be read is left out, the others still hold

    cuda = ask("nvmlSystemGetCudaDriverVersion")
    memory = ask("nvmlDeviceGetMemoryInfo", board)
    limit = ask("nvmlDeviceGetEnforcedPowerLimit", board)
    return Board(
        index=index,
        name=ask("nvmlDeviceGetName", board) or "",
        uuid=ask("nvmlDeviceGetUUID", board) or "",
        memory_bytes=memory.total if memory else 0,
        driver=ask("nvmlSystemGetDriverVersion") or "",
        cuda=f"{cuda // 1000}.{cuda % 1000 // 10}" if cuda else "",
        power_limit_w=limit / 1000.0 if limit else None,
    )
