"""A smaller UNet that was trained on the output of the full one, in its place.

Kim et al. 2023, "BK-SDM", arXiv:2305.15798; distillation: Hinton et al. 2015, arXiv:1503.02531. The
students of tiny-sd are trained by `training/student.py`, those of other models come from the hub.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from profiler.catalogue.distillers import STUDENTS
from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, parameters_of
from profiler.compress.sources import load_unet, shipped
from profiler.errors import Unsupported

MODEL = "tiny-sd"
METHOD = "distilled-student"


def replace_unet(
    module: nn.Module, context: CompressionContext, *, size: str = "small", source: str = ""
) -> Applied:
    """The student UNet, with the dtype and on the device of the module it replaces.

    `source` is the hub id or the folder of a UNet, or of a pipeline with one; empty takes the
    student of that size which is known for the model.

    Raises:
        Unsupported: no student is known, it cannot be had here, or it does not fit the pipeline.
        InputError: there is no such folder.
        SdprofError: the student's weights are missing or were changed.
    """
    if context.component != "unet":
        raise Unsupported(f"{METHOD} replaces the unet, not the {context.component}")
    student = load_unet(source or _known(context.model, size), context, METHOD)
    layers = count_weighted(student)
    details = {
        "parameters_before": parameters_of(module),
        "parameters_after": parameters_of(student),
    }
    return Applied(student, layers, layers, details)


def _known(model: str, size: str) -> str | Path:
    if model == MODEL:
        return shipped(f"{MODEL}-student-{size}")
    if (model, size) not in STUDENTS:
        known = ", ".join(dict.fromkeys([MODEL, *(name for name, _ in STUDENTS)]))
        raise Unsupported(
            f"{METHOD}: no {size} student of {model} is known (there are some of {known}); name "
            "one with the parameter source, a folder or the id of a hub repository"
        )
    return STUDENTS[model, size]
