"""The safety checker of Stable Diffusion 1.x: what it costs to run it after each image."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from profiler.catalogue.models import model as model_spec
from profiler.catalogue.precisions import precision as precision_spec
from profiler.errors import Unsupported
from profiler.pipelines.engine import Generate, Painted, Request
from profiler.pipelines.hub import translated
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.random_weights import materialise
from profiler.records.cell import Scalar
from profiler.stats.intervals import median

HUB_ID = "CompVis/stable-diffusion-safety-checker"
# The file config.json of HUB_ID: the vision tower of CLIP ViT-L/14, 303,981,588 parameters in all.
VISION: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 224,
    "patch_size": 14,
    "projection_dim": 768,
}
_SEED = 19


def safety_checker(_pipe: Any, context: OptimisationContext) -> Switched:
    """Check each image after it is painted, and leave it as it is.

    Weights come from where the model's come from: hub, folder, or random ones of the exact
    architecture, whose verdicts mean nothing and are not told.

    Source: https://huggingface.co/CompVis/stable-diffusion-safety-checker
    Raises: Unsupported for models that ship no checker, or whose checker cannot be had here.
    """
    cell = context.cell
    dtype = getattr(torch, precision_spec(cell.precision).torch_dtype)
    kind = cell.weights
    if kind == "embedded":
        raise Unsupported(f"safety-checker: {cell.model} ships none, so it has no such cost")
    if kind == "random" and kind in model_spec(cell.model).weights:
        module = random_checker(dtype, context.device)
    else:
        folder = Path(kind).expanduser() / "safety_checker"
        module = _pretrained(str(folder) if folder.is_dir() else HUB_ID, dtype, context.device)
    check = Check(module, trusted=kind != "random")
    context.engine.around(check.layer)
    return Switched(1, uses=lambda: check.images, details=check.details)


def random_checker(
    dtype: torch.dtype, device: str, vision: Mapping[str, Any] | None = None
) -> torch.nn.Module:
    """A checker with random weights; `vision` replaces entries of VISION."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    shape = {**VISION, **(vision or {})}
    config = CLIPConfig(vision_config=shape, projection_dim=shape["projection_dim"])
    with torch.device("meta"):
        module = StableDiffusionSafetyChecker(config)
    return materialise(module, dtype, device, _SEED).eval()


def _pretrained(source: str, dtype: torch.dtype, device: str) -> torch.nn.Module:
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

    def load() -> torch.nn.Module:
        module: torch.nn.Module = StableDiffusionSafetyChecker.from_pretrained(
            source, dtype=dtype, use_safetensors=True
        )
        return module.eval().to(device)

    return translated(load, source)


class Check:
    """Runs a checker on the images of each request and counts; `trusted` says its verdicts count.

    The clock covers what a user waits for: preparing the images, the model, and its verdicts.
    """

    def __init__(self, module: torch.nn.Module, *, trusted: bool) -> None:
        from transformers import CLIPImageProcessor

        vision: Any = module.vision_model
        side = int(vision.config.image_size)
        self._module, self._trusted = module, trusted
        self._prepare = CLIPImageProcessor(
            size={"shortest_edge": side}, crop_size={"height": side, "width": side}
        )
        self._seconds: list[float] = []
        self.images = self._flagged = 0
        # It warns that it has blackened an image, which it has not: it is given none.
        name = "diffusers.pipelines.stable_diffusion.safety_checker"
        logging.getLogger(name).setLevel(logging.ERROR)

    def layer(self, inner: Generate) -> Generate:
        """Check what `inner` paints."""

        def answer(request: Request) -> Painted:
            painted = inner(request)
            begin = time.perf_counter()
            flagged = self._verdicts(painted.images)
            self._seconds.append((time.perf_counter() - begin) / len(painted.images))
            self.images += len(painted.images)
            self._flagged += sum(flagged)
            return painted

        return answer

    def details(self) -> Mapping[str, Scalar]:
        """Median seconds per image, bytes of the checker, and images flagged by real weights."""
        tensors = (*self._module.parameters(), *self._module.buffers())
        told: dict[str, Scalar] = {"safety_checker_bytes": sum(t.nbytes for t in tensors)}
        if self._seconds:
            told["safety_checker_s"] = median(self._seconds)
        if self._trusted:
            told["flagged"] = self._flagged
        return told

    @torch.no_grad()
    def _verdicts(self, images: tuple[Any, ...]) -> list[bool]:
        pictures = [
            Image.fromarray((np.nan_to_num(image).clip(0, 1) * 255).round().astype(np.uint8))
            for image in images
        ]
        pixels = self._prepare(images=pictures, return_tensors="pt")["pixel_values"]
        weight = next(self._module.parameters())
        # It blackens the second argument in place where it flags an image: these are stand-ins.
        stand_ins = [np.zeros(1) for _ in images]
        _, flagged = self._module(pixels.to(weight.device, weight.dtype), stand_ins)
        return [bool(flag) for flag in flagged]
