"""Simple prompts are painted small: a score of the prompt's complexity chooses the size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from profiler.catalogue.models import model as model_spec
from profiler.pipelines.engine import Generate, Image, Painted, Request
from profiler.pipelines.optimise.caches import only
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.cell import Scalar

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_JOINTS = frozenset({"and", "or", "but", "with", "while", "beside", "behind", "between"})
# The counts at which a part of the score is full: about what CLIP's 77 tokens hold.
_WORDS, _DISTINCT, _PARTS = 40, 30, 8


def dynamic_resolution(
    _pipe: Any, context: OptimisationContext, threshold: float = 0.3, small_share: float = 0.5
) -> Switched:
    """Paint prompts whose `complexity` is below `threshold` at `small_share` of width and height.

    The images stay that small. Sides are rounded down to the model's multiple, at least one.
    """
    cell = context.cell
    multiple = model_spec(cell.model).resolution_multiple_px
    switch = SmallImages(threshold, small_share, multiple)
    context.engine.around(switch.layer)
    reason = ""
    if switch.smaller(cell.width_px, cell.height_px) == (cell.width_px, cell.height_px):
        reason = f"{small_share:g} of {cell.width_px}x{cell.height_px} px is the same size in"
        reason += f" multiples of {multiple} px"
    elif (least := min(map(complexity, cell.prompts))) >= threshold:
        reason = f"no prompt is below the threshold {threshold:g}; the simplest has {least:.2f}"
    return Switched(1, uses=lambda: switch.small, details=switch.details, no_effect=reason)


def complexity(prompt: str) -> float:
    """How much a prompt asks for, from 0 (nothing) to 1.

    0.5 min(words / 40, 1) + 0.25 min(distinct words / 30, 1) + 0.25 min(joints / 8, 1), where
    joints are commas, semicolons and words such as "and" or "with". A heuristic of this project:
    it counts, and understands nothing.
    """
    words = [word.lower() for word in _WORD.findall(prompt)]
    joints = sum(word in _JOINTS for word in words) + prompt.count(",") + prompt.count(";")
    return (
        0.5 * min(len(words) / _WORDS, 1.0)
        + 0.25 * min(len(set(words)) / _DISTINCT, 1.0)
        + 0.25 * min(joints / _PARTS, 1.0)
    )


class SmallImages:
    """Splits each request by the complexity of its prompts; `small` counts images painted small."""

    def __init__(self, threshold: float, share: float, multiple_px: int) -> None:
        self._threshold, self._share, self._multiple_px = threshold, share, multiple_px
        self.small = self.full = 0

    def smaller(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Width and height of the small images."""
        step = self._multiple_px
        width, height = (
            max(int(px * self._share) // step, 1) * step for px in (width_px, height_px)
        )
        return width, height

    def layer(self, inner: Generate) -> Generate:
        """Paint what is simple at the small size, and the rest as asked."""

        def answer(request: Request) -> Painted:
            simple = [complexity(prompt) < self._threshold for prompt in request.prompts]
            width, height = self.smaller(request.width_px, request.height_px)
            small = [i for i, is_simple in enumerate(simple) if is_simple]
            full = [i for i, is_simple in enumerate(simple) if not is_simple]
            self.small += len(small)
            self.full += len(full)
            little = replace(only(request, small), width_px=width, height_px=height)
            images: dict[int, Image] = {}
            caches = []
            for indices, part in ((small, little), (full, only(request, full))):
                if indices:
                    painted = inner(part)
                    images |= dict(zip(indices, painted.images, strict=True))
                    caches.append(painted.cache)
            # The greater word: a request is a hit only if all of it is one.
            return Painted(tuple(images[i] for i in range(len(simple))), max(caches))

        return answer

    def details(self) -> Mapping[str, Scalar]:
        """The share of the images that were painted small, and how many there were."""
        images = self.small + self.full
        return {"share_small": self.small / images, "images": images} if images else {}
