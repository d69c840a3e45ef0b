"""Compression by fewer bits a weight, as data; torchao, SDNQ and quanto have files of their own."""

from __future__ import annotations

from profiler.catalogue.quantisers_sdnq_quanto import QUANTO, SDNQ
from profiler.catalogue.quantisers_torchao import TORCHAO
from profiler.catalogue.quantising import (
    ANYWHERE,
    CONVOLUTIONS,
    DEQUANTISES,
    LINEAR_ONLY,
    PARTS,
    QUANTISE,
    SLOW_ON_CPU,
)
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_BNB = "https://github.com/bitsandbytes-foundation/bitsandbytes"
_DOUBLE_QUANT = Parameter("double_quant", "bool", True, "quantise the scales of the blocks as well")
_BLOCK_SIZE = Parameter(
    "block_size",
    "int",
    64,
    "weights that share one scale",
    choices=(64, 128, 256, 512, 1024, 2048, 4096),
)

_OWN = (
    MethodSpec(
        name="absmax-int8",
        kind="quantise",
        target="profiler.compress.absmax:quantise",
        doc=(
            "Weights as 8-bit integers, Q = round(W / scale) with scale = max|W| / 127; "
            "dequantised for each layer call, so smaller but not faster."
        ),
        source="Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339, section 2.1 (absmax)",
        components=PARTS,
        parameters=(
            Parameter(
                "granularity",
                "str",
                "channel",
                "one scale per output channel or per whole tensor",
                choices=("channel", "tensor"),
            ),
            CONVOLUTIONS,
        ),
        order=QUANTISE,
        needs_gpu_for_speed=DEQUANTISES,
        weight_bits=8.0,
        layers=("linear", "conv"),
        library="sdprof",
        formula="Q = round(W / s), s = max|W| / 127 per output channel or tensor; W' = s Q",
        limits="Never faster than the cell's precision: each call multiplies the scales back in.",
    ),
)

_BITSANDBYTES = (
    MethodSpec(
        name="bnb-int8",
        kind="quantise",
        target="profiler.compress.bnb:int8",
        doc="bitsandbytes LLM.int8() on Linear layers, with outlier columns kept apart.",
        source=f"{_BNB}; Dettmers et al. 2022, arXiv:2208.07339",
        components=PARTS,
        parameters=(
            Parameter(
                "threshold",
                "float",
                6.0,
                "activations above this magnitude are computed in 16 bit; 0 keeps none apart",
                minimum=0.0,
                maximum=1000.0,
            ),
        ),
        # int8 needs the Turing instructions: bitsandbytes' notes on PyPI since 0.35.
        requires=Requirements(packages=("bitsandbytes",), devices=ANYWHERE, capability=(7, 5)),
        order=QUANTISE,
        needs_gpu_for_speed=SLOW_ON_CPU,
        weight_bits=8.0,
        layers=("linear",),
        library="bitsandbytes",
        formula="X W = s_x s_w Q_x Q_w + X_o W_o: columns X_o with |x| > threshold in 16 bit",
        limits=LINEAR_ONLY,
    ),
    MethodSpec(
        name="bnb-nf4",
        kind="quantise",
        target="profiler.compress.bnb:nf4",
        doc="bitsandbytes 4-bit NormalFloat weights on Linear layers, in blocks with own scales.",
        source=f"{_BNB}; Dettmers et al. 2023, QLoRA, arXiv:2305.14314",
        components=PARTS,
        parameters=(_DOUBLE_QUANT, _BLOCK_SIZE),
        requires=Requirements(packages=("bitsandbytes",), devices=ANYWHERE, capability=(6, 0)),
        order=QUANTISE,
        needs_gpu_for_speed=SLOW_ON_CPU,
        weight_bits=4.0,
        layers=("linear",),
        library="bitsandbytes",
        formula="Q = nearest of 16 quantiles of N(0, 1) to W / s, s = max|W| per block; W' = s Q",
        limits=LINEAR_ONLY,
    ),
    MethodSpec(
        name="bnb-fp4",
        kind="quantise",
        target="profiler.compress.bnb:fp4",
        doc="bitsandbytes 4-bit floating-point weights on Linear layers, in blocks as bnb-nf4.",
        source=f"{_BNB}; Dettmers et al. 2023, QLoRA, arXiv:2305.14314",
        components=PARTS,
        parameters=(_DOUBLE_QUANT, _BLOCK_SIZE),
        requires=Requirements(packages=("bitsandbytes",), devices=ANYWHERE, capability=(6, 0)),
        order=QUANTISE,
        needs_gpu_for_speed=SLOW_ON_CPU,
        weight_bits=4.0,
        layers=("linear",),
        library="bitsandbytes",
        formula="Q = nearest 4-bit float (1 sign, 2 exponent, 1 mantissa bit) to W / s, s = max|W| "
        "per block; W' = s Q",
        limits=LINEAR_ONLY,
    ),
)

_CASTS = (
    MethodSpec(
        name="fp8-layerwise",
        kind="quantise",
        target="profiler.compress.casting:fp8_layerwise",
        doc=(
            "Weights stored in 8-bit floating point without scales and cast to the precision of "
            "the cell for each call of their layer (layer-wise casting of diffusers)."
        ),
        source="https://huggingface.co/docs/diffusers/optimization/memory#layerwise-casting",
        components=PARTS,
        parameters=(
            Parameter(
                "storage",
                "str",
                "float8_e4m3fn",
                "format in memory: 3 bits of mantissa up to 448, or 2 up to 57344",
                choices=("float8_e4m3fn", "float8_e5m2"),
            ),
        ),
        requires=Requirements(packages=("diffusers",), devices=ANYWHERE),
        order=QUANTISE,
        needs_gpu_for_speed="casts weights back and forth on every call, on any device",
        weight_bits=8.0,
        layers=("linear", "conv"),
        library="diffusers",
        formula="Q = float8(W); W' = Q",
        limits=(
            "No scales: weights below 2^-9 (e4m3) become 0. Biases are cast as well, embeddings "
            "and norms are not."
        ),
    ),
)

QUANTISERS = (*_OWN, *_BITSANDBYTES, *TORCHAO, *SDNQ, *QUANTO, *_CASTS)
