"""Compression by models that were trained to replace larger or slower ones, as data."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

DISTIL = 10

DISTILLERS = (
    MethodSpec(
        name="distilled-student",
        kind="distil",
        target="profiler.compress.student:replace_unet",
        doc="Puts a smaller UNet, trained on the output of the full one, in its place.",
        source="trained by the scripts in training/; the idea: Kim et al. 2023, BK-SDM, "
        "arXiv:2305.15798",
        components=("unet",),
        parameters=(Parameter("size", "str", "small", "which student", choices=("small",)),),
        requires=Requirements(models=("tiny-sd",)),
        order=DISTIL,
    ),
)
