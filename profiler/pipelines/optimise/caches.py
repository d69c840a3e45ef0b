"""Caches in the way of requests: embeddings of prompts seen before, and whole images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import torch

from profiler.catalogue.models import family_of
from profiler.errors import Unsupported
from profiler.pipelines.engine import Generate, Image, Painted, Request
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.cell import Scalar

# What `encode_prompt` returns, under the names that the pipeline's call knows them by.
_EMBEDDINGS = {
    "stable-diffusion": ("prompt_embeds", "negative_prompt_embeds"),
    "sdxl": (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    ),
}
Row = tuple[torch.Tensor | None, ...]
Value = TypeVar("Value")


def prompt_cache(pipe: Any, context: OptimisationContext, size: int = 128) -> Switched:
    """Keep the embeddings of the last `size` prompts; a known prompt is not encoded again.

    Source: https://huggingface.co/docs/diffusers/using-diffusers/weighted_prompts (prompt_embeds)
    Raises: Unsupported for pipelines that take other embeddings than Stable Diffusion and SDXL.
    """
    family = family_of(context.cell.model)
    if family not in _EMBEDDINGS:
        raise Unsupported(
            f"prompt-cache knows the embeddings of {' and '.join(_EMBEDDINGS)} only, not {family}"
        )
    return _switch_on(context, PromptCache(pipe, _EMBEDDINGS[family], size))


def image_cache(_pipe: Any, context: OptimisationContext, size: int = 128) -> Switched:
    """Keep the last `size` images; a request for one of them is answered without painting."""
    return _switch_on(context, ImageCache(size))


def _switch_on(context: OptimisationContext, cache: PromptCache | ImageCache) -> Switched:
    context.engine.around(cache.layer)
    context.engine.caches(cache.kept.clear)
    return Switched(1, uses=lambda: cache.kept.hits, details=cache.details)


class Lru(Generic[Value]):
    """The `size` entries that were used last; `hits` and `misses` count the look-ups."""

    def __init__(self, size: int) -> None:
        self.size, self.hits, self.misses = size, 0, 0
        self._entries: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """The entry of that key, which becomes the one used last; None where there is none."""
        if key not in self._entries:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: Hashable, value: Value) -> None:
        """Keep an entry; where there are too many, the one unused for longest goes."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self.size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Drop all entries; the counts stay."""
        self._entries.clear()

    def figures(self, size_of: Callable[[Value], int]) -> dict[str, Scalar]:
        """Counts, and the bytes of what is kept now."""
        held = sum(map(size_of, self._entries.values()))
        return {
            "hits": self.hits,
            "misses": self.misses,
            "entries": len(self._entries),
            "cache_bytes": held,
        }


class PromptCache:
    """Embeddings by prompt; `names` are the pipeline's arguments for what `encode_prompt` returns.

    Prompts of a batch that are not known are encoded together, without the known ones.
    """

    def __init__(self, pipe: Any, names: tuple[str, ...], size: int) -> None:
        self._pipe, self._names = pipe, names
        self.kept: Lru[Row] = Lru(size)

    def layer(self, inner: Generate) -> Generate:
        """Give embeddings to the requests in place of prompts."""

        def answer(request: Request) -> Painted:
            rows, missed = self._rows(request)
            arguments = {**request.arguments, **self._joined([rows[p] for p in request.prompts])}
            painted = inner(replace(request, arguments=arguments))
            return replace(painted, cache="miss" if missed else "hit")

        return answer

    def details(self) -> Mapping[str, Scalar]:
        """Look-ups and bytes held."""
        return self.kept.figures(
            lambda row: sum(t.untyped_storage().nbytes() for t in row if t is not None)
        )

    @torch.no_grad()
    def _rows(self, request: Request) -> tuple[dict[str, Row], bool]:
        """The embeddings of each prompt, and whether some had to be encoded."""
        guided = request.guidance > 1 and self._pipe.unet.config.time_cond_proj_dim is None
        rows: dict[str, Row] = {}
        missing = []
        for prompt in dict.fromkeys(request.prompts):
            if (row := self.kept.get((prompt, guided))) is None:
                missing.append(prompt)
            else:
                rows[prompt] = row
        if missing:
            encoded = self._pipe.encode_prompt(
                prompt=missing,
                device=self._pipe._execution_device,
                num_images_per_prompt=1,
                do_classifier_free_guidance=guided,
            )
            for i, prompt in enumerate(missing):
                # A copy: a view would keep the embeddings of the whole batch alive.
                rows[prompt] = tuple(None if t is None else t[i].clone() for t in encoded)
                self.kept.put((prompt, guided), rows[prompt])
        return rows, bool(missing)

    def _joined(self, rows: list[Row]) -> dict[str, torch.Tensor]:
        """The rows of a batch as the pipeline's arguments; without guidance none are negative."""
        return {
            name: torch.stack([row[i] for row in rows])  # type: ignore[misc]
            for i, name in enumerate(self._names)
            if rows[0][i] is not None
        }


class ImageCache:
    """Images by all that determines them: prompt, seed, size, steps and guidance.

    Model, scheduler and the other optimisations are the same for all requests of an engine. Images
    of a batch that are not known are painted together, without the known ones. A request that has
    arguments of its own passes through.
    """

    def __init__(self, size: int) -> None:
        self.kept: Lru[Image] = Lru(size)

    def layer(self, inner: Generate) -> Generate:
        """Answer requests for known images."""

        def answer(request: Request) -> Painted:
            if request.arguments:
                return inner(request)
            keys = [_key(request, i) for i in range(len(request.prompts))]
            images = [self.kept.get(key) for key in keys]
            missing = [i for i, image in enumerate(images) if image is None]
            if missing:
                painted = inner(only(request, missing))
                for i, image in zip(missing, painted.images, strict=True):
                    image.flags.writeable = False  # the next one who asks gets this very array
                    images[i] = image
                    self.kept.put(keys[i], image)
            full = tuple(image for image in images if image is not None)
            return Painted(full, "miss" if missing else "hit")

        return answer

    def details(self) -> Mapping[str, Scalar]:
        """Look-ups and bytes held."""
        return self.kept.figures(lambda image: image.nbytes)


def only(request: Request, indices: list[int]) -> Request:
    """The request for some of its images."""
    return replace(
        request,
        prompts=tuple(request.prompts[i] for i in indices),
        seeds=tuple(request.seeds[i] for i in indices),
    )


def _key(request: Request, index: int) -> Hashable:
    return (
        request.prompts[index],
        request.seeds[index],
        request.width_px,
        request.height_px,
        request.steps,
        request.guidance,
    )
