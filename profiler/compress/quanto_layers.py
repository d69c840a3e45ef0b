"""The weight formats of optimum-quanto on the Linear and Conv2d layers of a component.

4-bit weights are unpacked by a small C++ (or CUDA) extension that quanto builds when it is first
called, in its own folder. That is done here, before anything is quantised: images are timed later.
Source: https://github.com/huggingface/optimum-quanto.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, replace_layers, with_contiguous_inputs
from profiler.errors import Unsupported

_EXTENSIONS = {"cpu": "quanto_cpp", "cuda": "quanto_cuda"}
_BOTH: tuple[type[nn.Module], ...] = (nn.Linear, nn.Conv2d)


def int8(module: nn.Module, context: CompressionContext, *, convolutions: bool = True) -> Applied:
    """Symmetric int8 weights, one scale an output channel in the dtype of the cell."""
    return _quantise(module, context, "qint8", convolutions)


def int4(module: nn.Module, context: CompressionContext, *, convolutions: bool = True) -> Applied:
    """4-bit weights, two a byte, with a scale and a shift a group of 32 to 128 weights.

    Raises:
        Unsupported: the extension that unpacks them can neither be found nor built.
    """
    built_s = _unpacking(context.device)
    return _quantise(module, context, "qint4", convolutions, extension_s=built_s)


def float8(module: nn.Module, context: CompressionContext, *, convolutions: bool = True) -> Applied:
    """float8 (e4m3) weights, one scale an output channel in the dtype of the cell.

    Raises:
        Unsupported: the extension of its CUDA kernels can neither be found nor built.
    """
    built_s = 0.0
    if context.device.startswith("cuda") and context.dtype is not torch.float32:
        # Wide layers take the Marlin kernel, which is part of the extension.
        built_s = _unpacking(context.device)
    return _quantise(module, context, "qfloat8", convolutions, extension_s=built_s)


def _quantise(
    module: nn.Module,
    context: CompressionContext,
    qtype: str,
    convolutions: bool,
    **details: float,
) -> Applied:
    from optimum.quanto.nn.qmodule import quantize_module

    def make(layer: Any) -> nn.Module:
        made = quantize_module(layer, weights=qtype)
        made.freeze()
        replaced: nn.Module = made.train(layer.training)
        # The CPU kernels for bfloat16 refuse a transposed input.
        packed = isinstance(layer, nn.Linear) and context.dtype is torch.bfloat16
        on_cpu = not context.device.startswith("cuda")
        return with_contiguous_inputs(replaced) if packed and on_cpu else replaced

    total = count_weighted(module)
    touched = replace_layers(module, _BOTH if convolutions else (nn.Linear,), make)
    return Applied(module, touched, total, {"convolutions": convolutions, **details})


def _unpacking(device: str) -> float:
    """Make sure that packed weights can be unpacked on a device; seconds that it took.

    Raises:
        Unsupported: ninja, a compiler or write access is missing.
    """
    import optimum.quanto  # noqa: F401  (registers the operator and its extensions)
    from optimum.quanto.library.extensions import get_extension

    start = time.perf_counter()
    extension = get_extension(_EXTENSIONS[device.partition(":")[0]])
    folder = Path(extension.build_directory)
    with _ninja_found():
        if reason := why_not_built(device, folder):
            raise Unsupported(f"quanto's kernels are not to be had: {reason}")
        torch.ops.quanto.unpack(torch.zeros(1, dtype=torch.uint8, device=device), 4)
    return time.perf_counter() - start


@contextmanager
def _ninja_found() -> Iterator[None]:
    """Let torch find the ninja that came from pip where the environment is not activated."""
    path = os.environ.get("PATH", "")
    if shutil.which("ninja") is None and find_spec("ninja") is not None:
        from ninja import BIN_DIR

        os.environ["PATH"] = f"{BIN_DIR}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.environ["PATH"] = path


def why_not_built(device: str, folder: Path) -> str | None:
    """Why the extension cannot be built into a folder, in words; None if it can.

    torch asks ninja on each load whether the build is up to date, so it is needed every time.
    """
    from torch.utils.cpp_extension import get_cxx_compiler, is_ninja_available

    if not is_ninja_available():
        return "it builds a C++ extension, which needs ninja; install it with: pip install ninja"
    compiler = str(get_cxx_compiler())  # type: ignore[no-untyped-call]
    if shutil.which(compiler) is None:
        return (
            f"it builds a C++ extension, and there is no C++ compiler ({compiler}); install g++ "
            "or name another in the environment variable CXX"
        )
    if device.startswith("cuda") and not _nvcc():
        return "it builds a CUDA extension, and there is no nvcc; install the CUDA toolkit"
    if not _writable(folder):
        return f"it builds a C++ extension in {folder}, where this user may not write"
    return None


def _writable(folder: Path) -> bool:
    """May this user write there, or make the folder?"""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(existing, os.W_OK)


def _nvcc() -> bool:
    from torch.utils.cpp_extension import CUDA_HOME

    return CUDA_HOME is not None and (Path(CUDA_HOME) / "bin" / "nvcc").exists()
