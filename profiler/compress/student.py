"""A distilled UNet in the place of the full one; the student of tiny-sd was trained here.

The training is `training/student.py`, after Kim et al. 2023, BK-SDM, arXiv:2305.15798.
"""

from __future__ import annotations

from torch import nn

from profiler import paths
from profiler.compress.contract import Applied, CompressionContext, weighted_layers
from profiler.errors import Unsupported
from profiler.pipelines.checked import check_folder


def replace_unet(module: nn.Module, context: CompressionContext, *, size: str = "small") -> Applied:
    """The student of that size, on the device and in the dtype of the UNet that it replaces."""
    from diffusers import UNet2DConditionModel

    folder = paths.embedded_weights() / f"{context.model}-student-{size}"
    if not folder.is_dir():
        raise Unsupported(f"there is no distilled student of {context.model} in size {size!r}")
    student = UNet2DConditionModel.from_pretrained(check_folder(folder), dtype=context.dtype)
    total = len(weighted_layers(module))
    details = {
        "parameters_before": sum(p.numel() for p in module.parameters()),
        "parameters_after": sum(p.numel() for p in student.parameters()),
    }
    return Applied(student.to(context.device).eval(), total, total, details)
