"""A smaller UNet, distilled from the full one by `training/student.py`, in its place.

The idea of training a smaller UNet on the output of the full one: Kim et al. 2023, "BK-SDM",
arXiv:2305.15798; distillation: Hinton et al. 2015, arXiv:1503.02531.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from profiler import paths
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted
from profiler.errors import Unsupported
from profiler.pipelines.checked import check_folder

MODEL = "tiny-sd"


def replace_unet(module: nn.Module, context: CompressionContext, *, size: str = "small") -> Applied:
    """The student UNet of that size, with the dtype and on the device of the module it replaces.

    Raises:
        Unsupported: the model is not tiny-sd, or the component is not its UNet.
        SdprofError: the student's weights are missing or were changed.
    """
    if context.model != MODEL:
        raise Unsupported(
            f"distilled-student: there is a student of {MODEL} only, none of {context.model}"
        )
    if context.component != "unet":
        raise Unsupported(f"distilled-student replaces the unet, not the {context.component}")
    from diffusers import UNet2DConditionModel

    folder = check_folder(paths.embedded_weights() / f"{MODEL}-student-{size}")
    student: Any = UNet2DConditionModel.from_pretrained(
        folder, dtype=context.dtype, use_safetensors=True, local_files_only=True
    )
    student = student.to(context.device).eval()
    before, after = _parameters(module), _parameters(student)
    layers = count_weighted(student)
    details = {"parameters_before": before, "parameters_after": after}
    return Applied(student, layers, layers, details)


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
