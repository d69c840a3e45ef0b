"""The compression methods, as data; the code behind `target` is loaded on use.

Chains go from coarse to fine: distil (10), prune (20), quantise (30). Quantised weights cannot be
pruned any more, and a student replaces the UNet as a whole.
"""

from __future__ import annotations

from profiler.catalogue import registry
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

GROUP = "sdprof.compressions"
DISTIL, PRUNE, QUANTISE = 10, 20, 30
_PARTS = ("unet", "vae", "text_encoder")
_BNB = "https://github.com/bitsandbytes-foundation/bitsandbytes"

_METHODS = (
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

COMPRESSIONS: dict[str, MethodSpec] = {spec.name: spec for spec in _METHODS}


def compression(name: str) -> MethodSpec:
    """The method of that name, built in or from an entry point; raises `UnknownName`."""
    return registry.lookup("compression method", name, COMPRESSIONS, GROUP, MethodSpec)


def default_components(spec: MethodSpec) -> tuple[str, ...]:
    """What a compression is applied to where nothing is said: the UNet, if it can be.

    The UNet holds four fifths of the weights, and the VAE shows every error in the image.
    """
    return ("unet",) if "unet" in spec.components else spec.components


def all_compressions() -> dict[str, MethodSpec]:
    """Every method that is installed, those of other packages included."""
    registry.extend(COMPRESSIONS, GROUP, MethodSpec)
    return dict(COMPRESSIONS)
