"""Runtime optimisations as lines of a diffusers script."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from profiler.analysis.emit_parts import Fragment, literal
from profiler.records.cell import Cell, MethodUse


def _lines(*lines: str) -> Callable[[MethodUse, Cell], Fragment]:
    return lambda _use, _cell: Fragment(calls=lines)


def _compile(use: MethodUse, _cell: Cell) -> Fragment:
    mode = literal(use.parameters.get("mode", "default"))
    return Fragment(
        calls=(
            "# The first image takes a minute or more: that is the compiler.",
            f"pipe.unet = torch.compile(pipe.unet, mode={mode})",
        )
    )


OPTIMISATIONS: Mapping[str, Callable[[MethodUse, Cell], Fragment]] = {
    "attention-slicing": _lines("pipe.enable_attention_slicing()"),
    "vae-slicing": _lines("pipe.vae.enable_slicing()"),
    "vae-tiling": _lines("pipe.vae.enable_tiling()"),
    "channels-last": _lines(
        "pipe.unet.to(memory_format=torch.channels_last)",
        "pipe.vae.to(memory_format=torch.channels_last)",
    ),
    "compile": _compile,
    "model-offload": _lines("pipe.enable_model_cpu_offload(device=device)"),
    "sequential-offload": _lines("pipe.enable_sequential_cpu_offload(device=device)"),
}
