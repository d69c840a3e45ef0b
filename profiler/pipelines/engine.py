"""One request for images, from the prompts to the pixels; optimisations can stand around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.records.cell import Cell

Image = npt.NDArray[np.float32]
# Called after each step with the pipeline's own arguments; returns the tensors that it changed.
OnStep = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """A batch of images to paint, the i-th from `prompts[i]` with `seeds[i]`.

    `on_step` are called in their order after each step; `arguments` go to the pipeline as they are
    (prompt_embeds in place of prompts, for example).
    """

    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    width_px: int
    height_px: int
    steps: int
    guidance: float
    on_step: tuple[OnStep, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Painted:
    """The images of a request, each (height, width, 3) in [0, 1] or NaN, and what a cache did.

    `cache` is "hit" or "miss" where a cache stands in the way of the request, else empty.
    """

    images: tuple[Image, ...]
    cache: str = ""


Generate = Callable[[Request], Painted]


class Engine:
    """A pipeline that answers requests; `around` puts layers on the way."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self._generate: Generate = self._paint
        self._forget: list[Callable[[], None]] = []
        self._before_first: list[Callable[[], None]] = []
        self.endings: dict[str, Callable[[], AbstractContextManager[None]]] = {}

    def around(self, layer: Callable[[Generate], Generate]) -> None:
        """Let `layer(inner)` answer requests from now on; the last layer is the outermost."""
        self._generate = layer(self._generate)

    def caches(self, forget: Callable[[], None]) -> None:
        """Tell of a cache that answers requests: `forget` empties it."""
        self._forget.append(forget)

    @property
    def has_cache(self) -> bool:
        """Does a cache stand in the way of requests?"""
        return bool(self._forget)

    def forget(self) -> None:
        """Empty all caches, such that the next request is a miss."""
        for forget in self._forget:
            forget()

    def before_first(self, call: Callable[[], None]) -> None:
        """Let `call()` run in `warm_up`, before the first request of the user."""
        self._before_first.append(call)

    @property
    def warms_up(self) -> bool:
        """Is there something to do before the first request?"""
        return bool(self._before_first)

    def warm_up(self) -> None:
        """Do what is to be done before the first request; caches that it filled are emptied."""
        for call in self._before_first:
            call()
        self.forget()

    def at_end(self, method: str, ending: Callable[[], AbstractContextManager[None]]) -> None:
        """Let `ending()` be entered after the last request and left once the pipeline is dropped.

        `method` is the optimisation that asks for it. What is given here must not hold the pipeline
        or this engine, or they could not be dropped.
        """
        self.endings[method] = ending

    def __call__(self, request: Request) -> Painted:
        """Paint, through all layers."""
        return self._generate(request)

    def _paint(self, request: Request) -> Painted:
        import torch

        def on_step(pipe: Any, step: int, when: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            for call in request.on_step:
                tensors = call(pipe, step, when, tensors)
            return tensors

        arguments = dict(request.arguments)
        if "prompt_embeds" not in arguments:
            arguments["prompt"] = list(request.prompts)
        result = self.pipe(
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in request.seeds],
            width=request.width_px,
            height=request.height_px,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance,
            output_type="np",
            callback_on_step_end=on_step,
            **arguments,
        )
        return Painted(tuple(np.asarray(image, dtype=np.float32) for image in result.images))


def request_of(cell: Cell, prompts: Sequence[int], on_step: tuple[OnStep, ...] = ()) -> Request:
    """The request for the prompts of these indices, with the cell's settings and seeds."""
    return Request(
        prompts=tuple(cell.prompts[i] for i in prompts),
        seeds=tuple(cell.seed + i for i in prompts),
        width_px=cell.width_px,
        height_px=cell.height_px,
        steps=cell.steps,
        guidance=cell.guidance,
        on_step=on_step,
    )
