"""Compression by leaving weights, channels or blocks out, as data."""

from __future__ import annotations

from profiler.catalogue.quantisers import QUANTISERS
from profiler.catalogue.quantising import PARTS
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

PRUNE = 20

PRUNERS = (
    MethodSpec(
        name="block-removal",
        kind="prune",
        target="profiler.compress.blocks:remove_blocks",
        doc=(
            "Leaves whole residual and attention blocks of the UNet out, those that BK-SDM leaves "
            "out; no retraining, so the image suffers much."
        ),
        source="Kim et al. 2023, BK-SDM, arXiv:2305.15798, section 3.1",
        components=("unet",),
        parameters=(
            Parameter(
                "variant",
                "str",
                "small",
                "base: the second pair of blocks of each stage; small: and the middle block; tiny: "
                "and the innermost stages",
                choices=("base", "small", "tiny"),
                requires={
                    "base": Requirements(
                        not_models={"tiny-sd": "its UNet has one layer per block already"}
                    ),
                    "tiny": Requirements(
                        not_models={"tiny-sd": "its two stages have different widths"}
                    ),
                },
            ),
        ),
        requires=Requirements(families=("stable-diffusion",)),
        # It would forget the widths that structured pruning gave: the smaller UNet is a fresh one.
        conflicts=("structured-pruning",),
        order=PRUNE,
        library="sdprof, on diffusers",
        limits="Made to be distilled afterwards (as BK-SDM was); alone it shows the size and the "
        "speed of the student, not its images. Base needs a UNet of two layers per block, tiny two "
        "innermost stages of one width: tiny-sd takes small only.",
    ),
    MethodSpec(
        name="magnitude-pruning",
        kind="prune",
        target="profiler.compress.magnitude:unstructured",
        doc=(
            "Sets the weights of smallest magnitude to zero; they stay stored, so neither memory "
            "nor time is saved, and the size of a sparse file is told beside."
        ),
        source="Han et al. 2015, arXiv:1506.02626; L1 criterion of torch.nn.utils.prune",
        components=PARTS,
        parameters=(
            Parameter(
                "sparsity",
                "float",
                0.5,
                "share of the weights set to 0",
                minimum=0.01,
                maximum=0.99,
            ),
            Parameter(
                "scope",
                "str",
                "global",
                "one threshold for all layers, or the same share in each layer",
                choices=("global", "layer"),
            ),
            Parameter("convolutions", "bool", True, "prune Conv2d as well as Linear"),
        ),
        order=PRUNE,
        layers=("linear", "conv"),
        library="sdprof",
        formula="W' = W * [|W| > t], t so that the asked share is zero; sparse file: per tensor "
        "min(n b, ceil(n / 8) + nnz b) bytes of n weights of b bytes",
        limits="Zeros are stored and multiplied like other numbers: no memory and no time is saved "
        "without sparse kernels.",
    ),
    MethodSpec(
        name="semi-structured-2-4",
        kind="prune",
        target="profiler.compress.semi_structured:prune",
        doc=(
            "Two of four neighbouring weights of Linear layers become zero and are not stored; "
            "sparse tensor cores skip them."
        ),
        source="Mishra et al. 2021, arXiv:2104.08378; torch.sparse.to_sparse_semi_structured",
        components=("unet", "text_encoder"),
        requires=Requirements(
            devices=("cuda",),
            # Sparse tensor cores came with Ampere.
            capability=(8, 0),
            precisions=("fp16", "bf16"),
            refused={
                "cpu": "torch's semi-structured tensors take CUDA tensors only (sparse tensor "
                "cores of compute capability 8.0)"
            },
        ),
        # The packed weights are no plain numbers any more, which quantisers ask for.
        conflicts=tuple(spec.name for spec in QUANTISERS),
        order=PRUNE,
        weight_bits=9.0,
        layers=("linear",),
        library="PyTorch",
        formula="of each 4 weights in a row the 2 of largest |W| stay: 2 * 16 + 4 bits per 4 "
        "weights",
        limits="Linear layers in fp16 or bf16 whose shape is a multiple of 32 x 64; never run by "
        "the project's own tests without a GPU.",
    ),
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
        layers=("linear", "conv"),
        library="torch-pruning",
        formula="channel c of a group of layers goes where the mean of its ||W_c||_2 is smallest",
        limits="Groups of normalisation and heads of attention bind channels together: the share "
        "that really goes differs from the one asked for. No retraining follows.",
    ),
)
