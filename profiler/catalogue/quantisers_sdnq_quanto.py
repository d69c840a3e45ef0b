"""The weight formats of SDNQ and quanto, as data."""

from __future__ import annotations

from profiler.catalogue.quantising import (
    ANYWHERE,
    CONVOLUTIONS,
    DEQUANTISES,
    PARTS,
    QUANTISE,
)
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_SDNQ = "https://github.com/Disty0/sdnq"
_QUANTO = "https://github.com/huggingface/optimum-quanto"
_SVD_RANK = Parameter(
    "svd_rank",
    "int",
    0,
    "rank of a low-rank branch beside the quantised rest (the idea of SVDQuant); 0 for none",
    minimum=0,
    maximum=512,
)


def _sdnq(name: str, function: str, doc: str, bits: float, formula: str, limits: str) -> MethodSpec:
    return MethodSpec(
        name=name,
        kind="quantise",
        target=f"profiler.compress.sdnq_layers:{function}",
        doc=doc,
        source=f"{_SDNQ}; low-rank branch after Li et al. 2024, SVDQuant, arXiv:2411.05007",
        components=PARTS,
        parameters=(CONVOLUTIONS, _SVD_RANK),
        requires=Requirements(packages=("sdnq",), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        weight_bits=bits,
        layers=("linear", "conv"),
        library="sdnq",
        formula=f"{formula}; with svd_rank r: W' = U_r V_r + s Q of the rest W - U_r V_r",
        limits=(
            f"{limits} The branch of svd_rank is stored in the precision of the cell and can cost "
            "more than small layers save. All layers are quantised; sdnq's own default leaves "
            "small ones and the time embedding as they are."
        ),
    )


SDNQ = (
    _sdnq(
        "sdnq-int8",
        "int8",
        "SDNQ int8 weights, one scale a group of up to 1024 inputs (Conv2d: 512).",
        8.0,
        "Q = round(W / s), s = max|W| / 127 per group; W' = s Q",
        "Convolutions have a scale for each tap of the kernel.",
    ),
    _sdnq(
        "sdnq-uint4",
        "uint4",
        "SDNQ 4-bit weights, scale and zero point a group of up to 64 inputs (Conv2d: 32).",
        4.0,
        "Q = round((W - z) / s) in 0..15, s = (max W - min W) / 15, z = min W per group; "
        "W' = s Q + z",
        "Scales and zero points in fp32 add 1 bit a weight to Linear, 2 bits to Conv2d.",
    ),
    _sdnq(
        "sdnq-float8",
        "float8",
        "SDNQ float8 (e4m3) weights, one scale a group of up to 1024 inputs (Conv2d: 512).",
        8.0,
        "Q = float8_e4m3(W / s), s = max|W| / 448 per group; W' = s Q",
        "Convolutions have a scale for each tap of the kernel.",
    ),
)


def _quanto(
    name: str, function: str, doc: str, bits: float, formula: str, limits: str, *more: str
) -> MethodSpec:
    return MethodSpec(
        name=name,
        kind="quantise",
        target=f"profiler.compress.quanto_layers:{function}",
        doc=doc,
        source=_QUANTO,
        components=PARTS,
        parameters=(CONVOLUTIONS,),
        requires=Requirements(packages=("optimum.quanto", *more), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        weight_bits=bits,
        layers=("linear", "conv"),
        library="optimum-quanto",
        formula=formula,
        limits=limits,
    )


QUANTO = (
    _quanto(
        "quanto-int8",
        "int8",
        "quanto int8 weights, one scale an output channel.",
        8.0,
        "Q = round(W / s), s = max|W| / 127 per output channel; W' = s Q",
        "The scales are in the precision of the cell, and round with it.",
    ),
    _quanto(
        "quanto-int4",
        "int4",
        "quanto 4-bit weights, two a byte, with scale and shift a group of up to 128.",
        4.0,
        "Q = round((W + z) / s) in 0..15, s = (max W - min W) / 15, z = -min W per group",
        "Unpacked by a C++ (CUDA) extension that quanto builds on first use, for about a minute "
        "and before the images are timed; it needs ninja, a compiler (nvcc on CUDA) and write "
        "access to the installed package.",
        "ninja",
    ),
    _quanto(
        "quanto-float8",
        "float8",
        "quanto float8 (e4m3) weights, one scale an output channel.",
        8.0,
        "Q = float8_e4m3(W / s), s = max|W| / 448 per output channel; W' = s Q",
        "On CUDA in 16 bit it takes the Marlin kernel, whose extension needs ninja and nvcc.",
    ),
)
