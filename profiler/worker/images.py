"""One call of the pipeline: a batch of images, with text encoder, each step and VAE apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from profiler.records.cell import Cell
from profiler.records.measurement import ImageRun

Images = npt.NDArray[np.float32]


class Painter:
    """Paints prompts of a cell with its pipeline and times the parts of each call.

    Marks are `perf_counter` on a CPU; on CUDA they are events of the stream, so that no part waits
    for the device and the parts still add up. Noise is made on the CPU, seed by prompt, hence the
    same on every device.
    """

    def __init__(self, pipe: Any, cell: Cell, device: str) -> None:
        self._pipe, self._cell, self._device = pipe, cell, device
        self._marks: dict[str, Any] = {}
        self._steps: list[Any] = []
        self._around(pipe, "encode_prompt")
        self._around(pipe, "prepare_latents")
        self._around(pipe.vae, "decode")
        pipe.set_progress_bar_config(disable=True)

    def paint(self, index: int, prompts: Sequence[int], *, warm: bool) -> tuple[ImageRun, Images]:
        """Call number `index`, for the prompts of these indices.

        Returns the times and the images (batch, height, width, 3), float in [0, 1] or NaN.
        """
        self._marks.clear()
        self._steps.clear()
        self._synchronise()
        start, cpu = time.perf_counter(), time.process_time()
        images = self._call(prompts)
        self._synchronise()
        end, cpu_end = time.perf_counter(), time.process_time()
        edges = [self._marks["prepare_latents end"], *self._steps]
        run = ImageRun(
            index=index,
            warm=warm,
            start_s=start,
            end_s=end,
            wall_s=end - start,
            cpu_s=cpu_end - cpu,
            text_encoder_s=self._part("encode_prompt"),
            step_s=tuple(_between(a, b) for a, b in pairwise(edges)),
            vae_decode_s=self._part("decode"),
            prompts=tuple(prompts),
        )
        return run, images

    def _call(self, prompts: Sequence[int]) -> Images:
        cell = self._cell
        result = self._pipe(
            prompt=[cell.prompts[i] for i in prompts],
            generator=[torch.Generator("cpu").manual_seed(cell.seed + i) for i in prompts],
            width=cell.width_px,
            height=cell.height_px,
            num_inference_steps=cell.steps,
            guidance_scale=cell.guidance,
            output_type="np",
            callback_on_step_end=self._step_ended,
        )
        images: Images = np.asarray(result.images, dtype=np.float32)
        return images

    def _step_ended(self, _pipe: Any, _step: int, _timestep: Any, kwargs: Any) -> Any:
        self._steps.append(self._mark())
        return kwargs

    def _around(self, owner: Any, name: str) -> None:
        """Put a mark before and after each call of the method `name`."""
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._marks[f"{name} begin"] = self._mark()
            try:
                return inner(*args, **kwargs)
            finally:
                self._marks[f"{name} end"] = self._mark()

        setattr(owner, name, timed)

    def _mark(self) -> Any:
        if not self._device.startswith("cuda"):
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def _part(self, name: str) -> float:
        return _between(self._marks[f"{name} begin"], self._marks[f"{name} end"])

    def _synchronise(self) -> None:
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)


def _between(begin: Any, end: Any) -> float:
    """Seconds between two marks."""
    if isinstance(begin, float):
        return float(end - begin)
    return float(begin.elapsed_time(end)) / 1000.0
