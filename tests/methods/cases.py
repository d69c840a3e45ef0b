"""The one table of bounds: how far each method of the catalogue may take the images.

Bounds are in dB of PSNR, the lesser of images and final latents, after a few steps and with the
parameters given here. They are what was seen, less a margin: a method that breaks falls below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.records.cell import Scalar

TINY, SMALL = "tiny-sd", "sd15"


@dataclass(frozen=True)
class Case:
    """What is expected of a method.

    `least_db` holds for both subjects, or for one by name; another UNet or other steps make other
    images, which the bound cannot judge (`OTHER_IMAGES`). `refused` and `idle` map a subject to
    what the reason must contain where the method cannot work, or does nothing, on it; `left_out`
    maps one to why it is not tried there.
    """

    least_db: float | Mapping[str, float]
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    steps: int = 2
    images: int = 1
    side_px: int = 64
    refused: Mapping[str, str] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def bound(self, subject: str) -> float:
        """The bound for that subject."""
        return self.least_db if isinstance(self.least_db, float) else self.least_db[subject]


# Same arithmetic in another order, and images that a bound cannot judge.
SAME, OTHER_IMAGES = 70.0, 4.0
# Never run here: they need a GPU, and tests marked `gpu` run them.
GPU_ONLY = Case(OTHER_IMAGES)

CASES: dict[str, Case] = {
    # quantisation
    "absmax-int8": Case(45.0),
    "bnb-int8": Case(45.0),
    "bnb-nf4": Case(25.0),
    "bnb-fp4": Case(25.0),
    "fp8-layerwise": Case(25.0),
    "quanto-int8": Case(45.0),
    "quanto-int4": Case(20.0),
    "quanto-float8": Case(30.0),
    "sdnq-int8": Case(45.0),
    "sdnq-uint4": Case(20.0),
    "sdnq-float8": Case(28.0),
    "torchao-int8-weight": Case(45.0),
    "torchao-int8-dynamic": Case(42.0),
    "torchao-int4-weight": GPU_ONLY,
    "torchao-float8-weight": Case(40.0),
    "torchao-float8-dynamic": GPU_ONLY,
    "torchao-intx": Case(45.0),
    # pruning
    "block-removal": Case(10.0),
    "magnitude-pruning": Case(20.0, {"sparsity": 0.3}),
    "semi-structured-2-4": GPU_ONLY,
    "structured-pruning": Case(14.0),
    # distillation
    "distilled-student": Case(OTHER_IMAGES),
    "lcm": Case(OTHER_IMAGES),
    "tiny-vae": Case({TINY: 20.0, SMALL: OTHER_IMAGES}),
    # fusion
    "merge": Case(OTHER_IMAGES),
    "specialist": Case(OTHER_IMAGES),
    "lora": Case(OTHER_IMAGES),
    # mixed precision
    "cast": Case(35.0, {"dtype": "bf16"}),
    # runtime
    "attention-eager": Case(SAME),
    "attention-sdpa": Case(SAME, idle=dict.fromkeys((TINY, SMALL), "call it already")),
    "attention-slicing": Case(SAME),
    "attention-xformers": GPU_ONLY,
    "channels-last": Case(SAME),
    "compile": Case(
        SAME, {"scope": "repeated"}, left_out={SMALL: "compiling its blocks takes a minute"}
    ),
    "cuda-graphs": GPU_ONLY,
    "deepcache": Case(10.0, steps=4),
    "dynamic-resolution": Case(8.0),
    "fused-qkv": Case(SAME),
    "gradient-checkpointing": Case(SAME, idle=dict.fromkeys((TINY, SMALL), "backward pass")),
    "group-offload": GPU_ONLY,
    "guidance-interval": Case(12.0, steps=4),
    "image-cache": Case(SAME),
    "layerwise-upcast": Case(SAME, idle=dict.fromkeys((TINY, SMALL), "fp32 already")),
    "model-offload": GPU_ONLY,
    "preload": Case(SAME),
    "prompt-cache": Case(SAME),
    "pyramid-attention-broadcast": Case(8.0, steps=6),
    "release-memory": Case(SAME),
    "safety-checker": Case(SAME),
    "sequential-offload": GPU_ONLY,
    "taylorseer": Case(SAME, idle=dict.fromkeys((TINY, SMALL), "nothing to work on")),
    "token-merging": Case(20.0),
    "vae-slicing": Case(SAME, images=2),
    "vae-tiling": Case(15.0, side_px=128),
}
