"""An exception as an outcome with its details; and faults made on purpose, for the tests."""

from __future__ import annotations

import os
import re
import signal
import traceback
from collections.abc import Mapping
from typing import Any

from profiler.errors import InvalidOutput, MissingExtra, NoEffect, Unsupported
from profiler.records.cell import Scalar
from profiler.records.measurement import Outcome
from profiler.worker.protocol import FAULTS_VARIABLE

_TRACEBACK_LINES = 30
_MESSAGE_CHARACTERS = 500

# Torch's CPU allocator and its CUDA allocator say in words what was asked of them.
_CPU_ASKED = re.compile(r"can't allocate memory: you tried to allocate (\d+) bytes")
_CUDA_ASKED = re.compile(r"Tried to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)")
_OTHER_MEMORY = re.compile(
    r"std::bad_alloc|Cannot allocate memory|CUDA error: out of memory"
    r"|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED"
)
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def classify(error: BaseException) -> tuple[Outcome, str, dict[str, Scalar]]:
    """The outcome, a message of one line for people, and details ("bytes_asked", "traceback")."""
    details: dict[str, Scalar] = {"exception": type(error).__name__}
    if isinstance(error, InvalidOutput):
        return Outcome.INVALID_OUTPUT, str(error), {**details, "flag": error.flag}
    if isinstance(error, (Unsupported, MissingExtra)):
        return Outcome.UNSUPPORTED, str(error), details
    if isinstance(error, NoEffect):
        return Outcome.NO_EFFECT, str(error), details
    details["traceback"] = _last_lines(error)
    text = str(error)
    if _is_memory(error, text):
        asked = bytes_asked(text)
        if asked is not None:
            details["bytes_asked"] = asked
        return Outcome.OUT_OF_MEMORY, _memory_message(text, asked), details
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Outcome.ERROR, _one_line(message), details


def bytes_asked(text: str) -> int | None:
    """The size of the allocation that failed, where the allocator's message tells it."""
    if match := _CPU_ASKED.search(text):
        return int(match[1])
    if match := _CUDA_ASKED.search(text):
        return round(float(match[1]) * _UNITS[match[2]])
    return None


def _is_memory(error: BaseException, text: str) -> bool:
    # torch.OutOfMemoryError is a RuntimeError; by name, so that this file needs no torch.
    names = {kind.__name__ for kind in type(error).__mro__}
    return (
        isinstance(error, MemoryError)
        or "OutOfMemoryError" in names
        or _CPU_ASKED.search(text) is not None
        or _OTHER_MEMORY.search(text) is not None
    )


def _memory_message(text: str, asked: int | None) -> str:
    if asked is not None:
        return f"asked for {asked / 2**20:,.1f} MiB"
    return _one_line(text) if text else "no allocation was named"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    cut = len(line) > _MESSAGE_CHARACTERS
    return line[: _MESSAGE_CHARACTERS - 3] + "..." if cut else line


def _last_lines(error: BaseException) -> str:
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(lines[-_TRACEBACK_LINES:])


class Injection:
    """A fault made on purpose: "stage:kind" of `Job.fault`; the empty text makes none.

    Kinds: abort, exception, exit, hang, memory, kill happen when the stage begins; nan and black
    spoil the images of that stage. Without the environment variable SDPROF_FAULTS=1 a fault is
    refused with Unsupported, so that no stray field of a job can spoil a measurement.
    """

    def __init__(self, fault: str, environment: Mapping[str, str] = os.environ) -> None:
        self._stage, _, self._kind = fault.partition(":")
        if fault and environment.get(FAULTS_VARIABLE) != "1":
            raise Unsupported(f"fault {fault!r} asked for, but {FAULTS_VARIABLE} is not set to 1")

    def at(self, stage: str) -> None:
        """Called when a stage begins: fail here if that was asked for."""
        if stage == self._stage:
            _FAULTS.get(self._kind, _nothing)()

    def spoil(self, stage: str, images: Any) -> Any:
        """The images of a stage (arrays), spoiled if that was asked for."""
        if stage == self._stage and self._kind in ("nan", "black"):
            factor = float("nan") if self._kind == "nan" else 0.0
            return tuple(image * factor for image in images)
        return images


def _nothing() -> None:
    """A kind that acts on images only."""


def _raise() -> None:
    raise RuntimeError("a fault made on purpose")


def _exit() -> None:
    os._exit(3)


def _hang() -> None:
    while True:
        signal.pause()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _memory() -> None:
    """Take memory in pieces of 64 MiB until it is refused."""
    import torch

    pieces = [torch.ones(16 * 2**20) for _ in range(1024)]
    raise RuntimeError(f"{len(pieces) / 16:.0f} GiB were granted: set measure.memory_limit_bytes")


_FAULTS = {
    "abort": os.abort,
    "exception": _raise,
    "exit": _exit,
    "hang": _hang,
    "kill": _kill,
    "memory": _memory,
}
