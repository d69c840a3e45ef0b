"""Imports everything that a worker needs, and computes nothing.

A process that has run OpenMP threads must not fork: its children hang in their first parallel
loop. So no tensor operation happens here; importing alone starts no OpenMP thread.
"""

from __future__ import annotations

import importlib

# Lazy packages load on first touch of an attribute: each entry is "module" or "module:attribute".
_HEAVY = (
    "torch",
    "numpy",
    "PIL.Image",
    "safetensors.torch",
    "transformers:CLIPModel",
    "transformers:CLIPTextModel",
    "transformers:CLIPTokenizer",
    "transformers:AutoProcessor",
    "diffusers:StableDiffusionPipeline",
    "diffusers:UNet2DConditionModel",
    "diffusers:AutoencoderKL",
    "diffusers:DDIMScheduler",
    "profiler.pipelines.load",
    "profiler.pipelines.engine",
    "profiler.pipelines.optimise.attention",
    "profiler.pipelines.optimise.caches",
    "profiler.pipelines.optimise.guidance",
    "profiler.pipelines.optimise.lifetime",
    "profiler.pipelines.optimise.resolution",
    "profiler.pipelines.optimise.safety",
    "profiler.pipelines.optimise.switches",
    "profiler.pipelines.random_weights",
    "profiler.pipelines.schedule",
    "profiler.compress.apply",
    "profiler.quality.score",
    "profiler.quality.alignment",
    "profiler.quality.clip",
    "profiler.quality.pixels",
)


def preload() -> None:
    """Import it all; a second call costs nothing."""
    for entry in _HEAVY:
        module, _, attribute = entry.partition(":")
        imported = importlib.import_module(module)
        if attribute:
            getattr(imported, attribute)
