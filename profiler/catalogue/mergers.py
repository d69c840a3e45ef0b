"""Several models made one, and other formats for single parts, as data."""

from __future__ import annotations

from profiler.catalogue.quantising import PARTS
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

MERGE, CAST = 15, 40

_FAMILIES = ("stable-diffusion", "sdxl")
MERGERS: tuple[MethodSpec, ...] = (
    MethodSpec(
        name="merge",
        kind="merge",
        target="profiler.compress.merging:merge",
        doc="One UNet from several of the same architecture; by default from the two specialists "
        "that ship with tiny-sd.",
        source="Wortsman et al. 2022, arXiv:2203.05482 (average); Shoemake 1985 (slerp); Ilharco "
        "et al. 2023, arXiv:2212.04089 (task arithmetic); Yadav et al. 2023, arXiv:2306.01708 "
        "(TIES)",
        components=("unet",),
        parameters=(
            Parameter(
                "algorithm",
                "str",
                "average",
                "how the weights are combined",
                choices=("average", "slerp", "add-difference", "task-arithmetic", "ties"),
            ),
            Parameter(
                "sources",
                "str",
                "angular,round",
                "what is merged, comma-separated: folders or hub ids, or specialists of tiny-sd",
            ),
            Parameter(
                "weight",
                "float",
                0.5,
                "share of the models after the first; of average and slerp",
                minimum=0.0,
                maximum=1.0,
            ),
            Parameter(
                "scale",
                "float",
                1.0,
                "factor of the differences; of add-difference, task-arithmetic and ties",
                minimum=-2.0,
                maximum=2.0,
            ),
            Parameter(
                "density",
                "float",
                0.2,
                "share of each task vector that ties keeps",
                minimum=0.01,
                maximum=0.99,
            ),
        ),
        requires=Requirements(packages=("peft",), families=_FAMILIES),
        conflicts=("distilled-student", "lcm", "specialist"),
        order=MERGE,
        library="own code; task arithmetic and TIES: peft",
        formula="average (1 - w) W_1 + w W_2; add-difference W_1 + s (W_2 - W_0); task arithmetic "
        "W_0 + s sum_i (W_i - W_0); TIES W_0 + s mean_i trim_d(W_i - W_0) with the elected sign",
        limits="Works where the models come from one ancestor; is usually below each specialist "
        "on its own subject. TIES trims each tensor for itself, not the whole vector. For tiny-sd "
        "the result is as small as the specialists, whose ancestor is its tiny student.",
    ),
    MethodSpec(
        name="specialist",
        kind="merge",
        target="profiler.compress.merging:specialist",
        doc="One of the UNets that were fine-tuned on half of the shapes, to compare merged ones "
        "with.",
        source="trained by the scripts in training/",
        components=("unet",),
        parameters=(
            Parameter(
                "name",
                "str",
                "angular",
                "shapes with corners, or without",
                choices=("angular", "round"),
            ),
        ),
        requires=Requirements(models=("tiny-sd",)),
        conflicts=("distilled-student", "lcm", "merge"),
        order=MERGE,
        library="diffusers",
        limits="Better on its own half of the shapes, worse on the other.",
    ),
    MethodSpec(
        name="lora",
        kind="merge",
        target="profiler.compress.lora:fuse",
        doc="Adds a low-rank adapter to the weights for good, so that it costs nothing at run "
        "time.",
        source="Hu et al. 2021, LoRA, arXiv:2106.09685",
        components=("unet", "text_encoder"),
        parameters=(
            Parameter(
                "source",
                "str",
                "",
                "file, folder or hub id of the adapter (safetensors)",
                needed=True,
            ),
            Parameter("weight", "float", 1.0, "factor of the adapter", minimum=-4.0, maximum=4.0),
        ),
        requires=Requirements(packages=("peft",), families=_FAMILIES),
        order=MERGE,
        library="diffusers, peft",
        formula="W' = W + weight (alpha / rank) B A",
        limits="Bytes stay the same. What an adapter holds for a component that is not named is "
        "left out.",
    ),
    MethodSpec(
        name="cast",
        kind="cast",
        target="profiler.compress.cast:cast",
        doc="One component in a number format of its own; activations change format at its "
        "boundary.",
        source="Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740; PyTorch",
        components=PARTS,
        # The default is told in labels by no name, so it is the one that is asked for least.
        parameters=(
            Parameter(
                "dtype",
                "str",
                "fp32",
                "format of the component",
                choices=("fp32", "bf16", "fp16"),
                values="precision",
            ),
        ),
        order=CAST,
        library="PyTorch",
        limits="Changes nothing where the cell has that precision already. Timesteps keep their "
        "format.",
    ),
)
