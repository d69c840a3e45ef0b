"""One request for a batch of images, with text encoder, each step and VAE timed apart."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from profiler.pipelines.engine import Engine, Image, request_of
from profiler.records.cell import Cell
from profiler.records.measurement import ImageRun


class Painter:
    """Paints prompts of a cell with its engine and times the parts of each request.

    Marks are `perf_counter` on a CPU; on CUDA they are events of the stream, so that no part waits
    for the device and the parts still add up. Noise is made on the CPU, seed by prompt, hence the
    same on every device. A part that a request does not reach (a cache answers it) takes no time.
    """

    def __init__(self, engine: Engine, cell: Cell, device: str) -> None:
        self._engine, self._cell, self._device = engine, cell, device
        self._parts: dict[str, list[tuple[Any, Any]]] = {}
        self._edge: Any = None
        pipe = engine.pipe
        self._around(pipe, "encode_prompt")
        self._around(pipe, "prepare_latents")
        self._around(pipe.vae, "decode")
        pipe.set_progress_bar_config(disable=True)

    @property
    def has_cache(self) -> bool:
        """Does a cache answer requests?"""
        return self._engine.has_cache

    def forget(self) -> None:
        """Empty the caches that answer requests."""
        self._engine.forget()

    @property
    def warms_up(self) -> bool:
        """Is there something to do before the first request?"""
        return self._engine.warms_up

    def warm_up(self) -> None:
        """Do what is to be done before the first request."""
        self._engine.warm_up()

    @property
    def endings(self) -> Mapping[str, Callable[[], AbstractContextManager[None]]]:
        """By optimisation: what is to be entered before the pipeline is dropped, and left after."""
        return self._engine.endings

    def paint(
        self, index: int, prompts: Sequence[int], *, warm: bool
    ) -> tuple[ImageRun, tuple[Image, ...]]:
        """Request number `index`, for the prompts of these indices.

        Returns the times and the images, each (height, width, 3), float in [0, 1] or NaN.
        """
        self._parts.clear()
        request = request_of(self._cell, prompts, (self._step_ended,))
        self._synchronise()
        start, cpu = time.perf_counter(), time.process_time()
        painted = self._engine(request)
        self._synchronise()
        end, cpu_end = time.perf_counter(), time.process_time()
        run = ImageRun(
            index=index,
            warm=warm,
            start_s=start,
            end_s=end,
            wall_s=end - start,
            cpu_s=cpu_end - cpu,
            text_encoder_s=math.fsum(self._seconds("encode_prompt")),
            step_s=self._seconds("step"),
            vae_decode_s=math.fsum(self._seconds("decode")),
            prompts=tuple(prompts),
            cache=painted.cache,
        )
        return run, painted.images

    def _step_ended(
        self, _pipe: Any, _step: int, _when: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        now = self._mark()
        self._parts.setdefault("step", []).append((self._edge, now))
        self._edge = now
        return tensors

    def _around(self, owner: Any, name: str) -> None:
        """Put a mark before and after each call of the method `name`."""
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = self._mark()
            try:
                return inner(*args, **kwargs)
            finally:
                # The first step begins where the last preparation ends.
                self._edge = self._mark()
                self._parts.setdefault(name, []).append((begin, self._edge))

        setattr(owner, name, timed)

    def _mark(self) -> Any:
        if not self._device.startswith("cuda"):
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def _seconds(self, part: str) -> tuple[float, ...]:
        return tuple(_between(begin, end) for begin, end in self._parts.get(part, ()))

    def _synchronise(self) -> None:
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)


def _between(begin: Any, end: Any) -> float:
    """Seconds between two marks."""
    if isinstance(begin, float):
        return float(end - begin)
    return float(begin.elapsed_time(end)) / 1000.0
