"""Compression by fewer bits a weight, as data."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_PARTS = ("unet", "vae", "text_encoder")
_BNB = "https://github.com/bitsandbytes-foundation/bitsandbytes"
QUANTISE = 30

QUANTISERS = (
    MethodSpec(
        name="absmax-int8",
        kind="quantise",
        target="profiler.compress.absmax:quantise",
        doc=(
            "Weights as 8-bit integers, Q = round(W / scale) with scale = max|W| / 127; "
            "dequantised for each layer call, so smaller but not faster."
        ),
        source="Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339, section 2.1 (absmax)",
        components=_PARTS,
        parameters=(
            Parameter(
                "granularity",
                "str",
                "channel",
                "one scale per output channel or per whole tensor",
                choices=("channel", "tensor"),
            ),
            Parameter("convolutions", "bool", True, "quantise Conv2d as well as Linear"),
        ),
        order=QUANTISE,
        needs_gpu_for_speed="weight-only: dequantises on every call, on any device",
    ),
    MethodSpec(
        name="bnb-int8",
        kind="quantise",
        target="profiler.compress.bnb:int8",
        doc="bitsandbytes LLM.int8() on Linear layers, with outlier columns kept apart.",
        source=f"{_BNB}; Dettmers et al. 2022, arXiv:2208.07339",
        components=_PARTS,
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
        requires=Requirements(
            packages=("bitsandbytes",), devices=("cpu", "cuda"), capability=(7, 5)
        ),
        order=QUANTISE,
        needs_gpu_for_speed="on CPU the weights are smaller, the images not faster",
    ),
    MethodSpec(
        name="bnb-nf4",
        kind="quantise",
        target="profiler.compress.bnb:nf4",
        doc="bitsandbytes 4-bit NormalFloat weights on Linear layers, in blocks with own scales.",
        source=f"{_BNB}; Dettmers et al. 2023, QLoRA, arXiv:2305.14314",
        components=_PARTS,
        parameters=(
            Parameter("double_quant", "bool", True, "quantise the scales of the blocks as well"),
            Parameter(
                "block_size",
                "int",
                64,
                "weights that share one scale",
                choices=(64, 128, 256, 512, 1024, 2048, 4096),
            ),
        ),
        requires=Requirements(
            packages=("bitsandbytes",), devices=("cpu", "cuda"), capability=(6, 0)
        ),
        order=QUANTISE,
        needs_gpu_for_speed="on CPU the weights are smaller, the images not faster",
    ),
)
