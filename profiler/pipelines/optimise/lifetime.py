"""The life of the process around its requests: warm-up before the first, release after the last."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil
import torch
from torch import nn

from profiler.pipelines.engine import Engine, Request
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.cell import Cell, Scalar


def preload(_pipe: Any, context: OptimisationContext, images: int = 1) -> Switched:
    """Paint at least `images` throw-away images, in whole batches, before the first request."""
    warmer = Warmer(context.engine, context.cell, images)
    context.engine.before_first(warmer.paint)
    return Switched(1, uses=lambda: warmer.images, details=warmer.details)


def release_memory(pipe: Any, context: OptimisationContext) -> Switched:
    """Drop the pipeline after the last image and give its memory back to device and system.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html (memory management),
    https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    release = Release(pipe, context.device)
    context.engine.at_end("release-memory", release.around_the_drop)
    return Switched(1, uses=lambda: int(release.dropped), details=release.details)


class Warmer:
    """Paints the cell's prompts with seeds that no request has."""

    def __init__(self, engine: Engine, cell: Cell, wanted: int) -> None:
        self._engine, self._cell, self._wanted = engine, cell, wanted
        self.images, self._seconds = 0, 0.0

    def paint(self) -> None:
        """Paint whole batches until there are enough images."""
        cell, begin = self._cell, time.perf_counter()
        while self.images < self._wanted:
            numbers = range(self.images, self.images + cell.batch_size)
            request = Request(
                prompts=tuple(cell.prompts[i % len(cell.prompts)] for i in numbers),
                seeds=tuple(cell.seed + len(cell.prompts) + i for i in numbers),
                width_px=cell.width_px,
                height_px=cell.height_px,
                steps=cell.steps,
                guidance=cell.guidance,
            )
            self.images += len(self._engine(request).images)
        self._seconds = time.perf_counter() - begin

    def details(self) -> Mapping[str, Scalar]:
        """What the warm-up took."""
        return {"warm_up_s": self._seconds, "images": self.images}


class Release:
    """Memory before and after the pipeline goes; it holds no reference to the pipeline itself."""

    def __init__(self, pipe: Any, device: str) -> None:
        self._device = device
        parts = (part for part in pipe.components.values() if isinstance(part, nn.Module))
        self._parts = [weakref.ref(part) for part in parts]
        self._before: dict[str, int] = {}
        self._after: dict[str, int] = {}
        self._trimmed = False

    @property
    def dropped(self) -> bool:
        """Is no part of the pipeline left?"""
        return bool(self._after) and self._left() == 0

    @contextmanager
    def around_the_drop(self) -> Iterator[None]:
        """The block drops the references to the pipeline; what they held is given back after it."""
        self._before = self._memory()
        yield
        if "torch._dynamo" in sys.modules:  # what was compiled keeps what it was compiled from
            torch._dynamo.reset()
        gc.collect()
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)
            torch.cuda.empty_cache()
            torch.cuda.ipc_collect()  # type: ignore[no-untyped-call]
        self._trimmed = _trim()
        self._after = self._memory()

    def details(self) -> Mapping[str, Scalar]:
        """Bytes before and after, and the share of them that was returned.

        The share is of reserved memory on CUDA, of the process's resident memory elsewhere.
        """
        if not self._after:
            return {}
        told: dict[str, Scalar] = {}
        for name, before in self._before.items():
            told[f"{name}_before_bytes"] = before
            told[f"{name}_after_bytes"] = self._after[name]
        kind = "reserved" if "reserved" in self._before else "rss"
        told["returned_share"] = 1.0 - self._after[kind] / self._before[kind]
        told["parts_left"] = self._left()
        told["malloc_trim"] = self._trimmed
        return told

    def _left(self) -> int:
        return sum(part() is not None for part in self._parts)

    def _memory(self) -> dict[str, int]:
        found = {"rss": int(psutil.Process().memory_info().rss)}
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)
            found["allocated"] = torch.cuda.memory_allocated(self._device)
            found["reserved"] = torch.cuda.memory_reserved(self._device)
        return found


def _trim() -> bool:
    """Let glibc give free pages back to the system; False where the C library has no such call."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True
