"""Versions of the libraries that take part in a measurement, without importing any of them."""

from __future__ import annotations

import importlib.metadata
import os
from functools import lru_cache
from typing import Any

from profiler.devices.torch_build import torch_cuda
from profiler.worker.protocol import WORKER_SETTINGS

# Distributions whose version can change a figure or an image; absent ones are left out.
PACKAGES = (
    "accelerate",
    "bitsandbytes",
    "diffusers",
    "numpy",
    "optimum-quanto",
    "peft",
    "pillow",
    "safetensors",
    "sdnq",
    "tokenizers",
    "torch",
    "torch-pruning",
    "torchao",
    "torchmetrics",
    "transformers",
    "triton",
    "xformers",
)


def software() -> dict[str, Any]:
    """Package versions, the CUDA version that torch was built for, and the libraries' settings."""
    return {
        "packages": versions(),
        "cuda": torch_cuda() or "",
        "settings": {name: os.environ.get(name, "") for name in WORKER_SETTINGS},
    }


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Distribution name to version, as their metadata say."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
