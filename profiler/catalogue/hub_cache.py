"""What the hub's cache on this machine says of a model, read without any library."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Beginnings of the names of pipelines in diffusers; longer ones first.
_FAMILIES = (
    ("StableDiffusionXL", "sdxl"),
    ("StableDiffusion3", "sd3"),
    ("StableDiffusion", "stable-diffusion"),
    ("LatentConsistencyModel", "stable-diffusion"),
    ("Flux", "flux"),
)
_DENOISERS = ("unet", "transformer")
# Each loads as a component of its own, and sdprof leaves the first two out.
_WITHOUT = ("safety_checker", "feature_extractor", "image_encoder")


def folder() -> Path:
    """Where the hub's client keeps its downloads."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "huggingface" / "hub"


def model_index(hub_id: str) -> Mapping[str, Any]:
    """The newest model_index.json of that model in the cache; empty if there is none."""
    snapshots = folder() / f"models--{hub_id.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob("*/model_index.json"), key=lambda path: path.stat().st_mtime)
    return read_index(found[-1]) if found else {}


def read_index(path: Path) -> Mapping[str, Any]:
    """A pipeline's model_index.json; empty if it cannot be read, which loading will tell."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def family(index: Mapping[str, Any]) -> str:
    """The family of the pipeline's class; of a class without a family, its name."""
    name = str(index.get("_class_name", ""))
    return next((family for start, family in _FAMILIES if name.startswith(start)), name)


def components(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the modules that hold weights, the denoiser first."""
    names = [
        name
        for name, kind in index.items()
        if isinstance(kind, list)
        and len(kind) == 2
        and kind[0]
        and name not in _WITHOUT
        and not name.startswith(("scheduler", "tokenizer"))
    ]
    return tuple(sorted(names, key=lambda name: (name not in _DENOISERS, name != "vae", name)))
