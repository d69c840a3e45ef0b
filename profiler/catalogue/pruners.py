"""Compression by leaving weights, channels or blocks out, as data."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

PRUNE = 20

PRUNERS = (
    MethodSpec(
        name="structured-pruning",
        kind="prune",
        target="profiler.compress.pruning:structured",
        doc=(
            "Removes whole channels of the UNet by magnitude, with all layers that depend on them; "
            "no retraining, so quality falls quickly with the ratio."
        ),
        source="Fang et al. 2023, DepGraph, arXiv:2301.12900 (package torch-pruning)",
        components=("unet",),
        parameters=(
            Parameter(
                "ratio",
                "float",
                0.3,
                "share of channels asked for; the achieved share is reported",
                minimum=0.01,
                # Beyond, torch-pruning skips the groups that would become empty and removes less.
                maximum=0.75,
            ),
            Parameter(
                "round_to",
                "int",
                8,
                "channel counts stay multiples of this",
                minimum=1,
                maximum=256,
            ),
        ),
        requires=Requirements(packages=("torch_pruning",)),
        order=PRUNE,
    ),
)
