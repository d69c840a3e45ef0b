"""The weight formats of torchao, as data."""

from __future__ import annotations

from profiler.catalogue.quantising import (
    ABSMAX,
    ANYWHERE,
    CONVOLUTIONS,
    DEQUANTISES,
    FLOAT8,
    LINEAR_ONLY,
    PARTS,
    QUANTISE,
)
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_AO = "https://docs.pytorch.org/ao/stable/"

TORCHAO = (
    MethodSpec(
        name="torchao-int8-weight",
        kind="quantise",
        target="profiler.compress.ao:int8_weight",
        doc="torchao int8 weights on Linear layers, one scale a row.",
        source=_AO,
        components=PARTS,
        requires=Requirements(packages=("torchao",), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        aliases=("int8-weight",),
        weight_bits=8.0,
        layers=("linear",),
        library="torchao",
        formula=ABSMAX,
        limits=LINEAR_ONLY,
    ),
    MethodSpec(
        name="torchao-int8-dynamic",
        kind="quantise",
        target="profiler.compress.ao:int8_dynamic",
        doc="torchao int8 weights and int8 activations, scaled per token in each call.",
        source=_AO,
        components=PARTS,
        # Products of int8 matrices on tensor cores came with Turing.
        requires=Requirements(packages=("torchao",), devices=ANYWHERE, capability=(7, 5)),
        order=QUANTISE,
        needs_gpu_for_speed="int8 tensor cores; without torch.compile the quantising of the "
        "activations costs what they save",
        aliases=("int8-dynamic",),
        weight_bits=8.0,
        layers=("linear",),
        library="torchao",
        formula=f"{ABSMAX}; the same for activations, s = max|x| / 127 per token",
        limits=f"{LINEAR_ONLY} On CUDA, layers with sides that are no multiple of 8 stay.",
    ),
    MethodSpec(
        name="torchao-int4-weight",
        kind="quantise",
        target="profiler.compress.ao:int4_weight",
        doc="torchao 4-bit weights on Linear layers in groups, packed for tensor cores (tinygemm).",
        source=_AO,
        components=PARTS,
        parameters=(
            Parameter(
                "group_size",
                "int",
                128,
                "weights of a row that share scale and zero point",
                choices=(32, 64, 128, 256),
            ),
        ),
        requires=Requirements(
            packages=("torchao",),
            devices=("cuda",),
            capability=(8, 0),
            precisions=("bf16",),
            refused={
                "cpu": (
                    "torchao 0.18 has no 4-bit format for it: tile_packed_to_4d is for CUDA "
                    "only, plain_int32 raises 'does not support device cpu yet', and plain needs "
                    "the package mslk"
                )
            },
        ),
        order=QUANTISE,
        needs_gpu_for_speed="the packing is for the tensor cores of CUDA devices",
        aliases=("int4-weight",),
        weight_bits=4.0,
        layers=("linear",),
        library="torchao",
        formula="Q = round((W - m) / s) in 0..15, s = (max W - min W) / 15 per group",
        limits=(
            "Linear layers whose input is a multiple of the group; torchao pads inputs to "
            "multiples of 1024, so narrow layers can grow. Not tested without a GPU."
        ),
    ),
    MethodSpec(
        name="torchao-float8-weight",
        kind="quantise",
        target="profiler.compress.ao:float8_weight",
        doc="torchao float8 (e4m3) weights on Linear layers, one scale a row.",
        source=f"{_AO}; Micikevicius et al. 2022, FP8 formats, arXiv:2209.05433",
        components=PARTS,
        requires=Requirements(packages=("torchao",), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        aliases=("float8-weight",),
        weight_bits=8.0,
        layers=("linear",),
        library="torchao",
        formula=FLOAT8,
        limits=LINEAR_ONLY,
    ),
    MethodSpec(
        name="torchao-float8-dynamic",
        kind="quantise",
        target="profiler.compress.ao:float8_dynamic",
        doc="torchao float8 (e4m3) weights and activations, multiplied in float8.",
        source=f"{_AO}; Micikevicius et al. 2022, FP8 formats, arXiv:2209.05433",
        components=PARTS,
        requires=Requirements(
            packages=("torchao",),
            devices=("cuda",),
            capability=(8, 9),
            refused={
                "cpu": (
                    "torchao: 'Float8 dynamic quantization requires CUDA compute capability >=8.9 "
                    "or MI300+ or XPU'"
                )
            },
        ),
        order=QUANTISE,
        needs_gpu_for_speed="float8 tensor cores (compute capability 8.9 and later)",
        aliases=("float8-dynamic",),
        weight_bits=8.0,
        layers=("linear",),
        library="torchao",
        formula="Q = float8_e4m3(W / s), s = max|W| / 448 per tensor; activations likewise",
        limits=("Linear layers both of whose sides are multiples of 16. Not tested without a GPU."),
    ),
    MethodSpec(
        name="torchao-intx",
        kind="quantise",
        target="profiler.compress.ao:intx",
        doc=(
            "torchao integers of 2 to 8 bits for the weights of Linear and Conv2d layers, each "
            "stored in a whole byte."
        ),
        source=_AO,
        components=PARTS,
        parameters=(
            Parameter("bits", "int", 8, "bits that a weight is rounded to", minimum=2, maximum=8),
            Parameter(
                "group_size",
                "int",
                0,
                "input channels that share one scale; 0 for one scale a row",
                choices=(0, 8, 16, 32, 64, 128, 256),
            ),
            CONVOLUTIONS,
        ),
        requires=Requirements(packages=("torchao",), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        aliases=("intx",),
        weight_bits=8.0,
        layers=("linear", "conv"),
        library="torchao",
        formula="Q = round(W / s) in -2^(b-1)..2^(b-1)-1, s per row or group; W' = s Q",
        limits=(
            "Below 8 bits it is a study of quality: torchao stores these weights unpacked as int8, "
            "so 2 bits take the same bytes as 8."
        ),
    ),
)
