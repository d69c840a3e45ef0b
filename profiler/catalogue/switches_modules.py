"""Optimisations that switch modules: attention, layout, compilation, offload."""

from __future__ import annotations

from profiler.catalogue.switches_steps import STEP_SWITCHES, UNETS, optimisation_in
from profiler.records.catalogue import MethodSpec, Parameter, Requirements

_MEMORY = "https://huggingface.co/docs/diffusers/optimization/memory"
_SPEED = "https://huggingface.co/docs/diffusers/optimization/fp16"
_SDPA = "https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.sdpa_kernel.html"

_ON_GPU = Requirements(packages=("accelerate",), devices=("cuda",))
_ON_UNETS = Requirements(families=UNETS)

_ATTENTION = (
    optimisation_in(
        "attention",
        "attention-slicing",
        "Attention one slice of the heads at a time: less memory, slower.",
        _MEMORY,
        components=("unet",),
        requires=_ON_UNETS,
        conflicts=("attention-eager", "attention-sdpa", "attention-xformers", "fused-qkv"),
        library="diffusers",
        formula="softmax(Q_s K_s^T / sqrt(d)) V_s for each slice s of the heads in turn",
        limits="Where a fused kernel would be used, it costs memory and time instead.",
    ),
    optimisation_in(
        "attention",
        "attention-eager",
        "Attention as matrix products with a softmax between them, the scores held in memory: "
        "what was usual before fused kernels.",
        "https://arxiv.org/abs/1706.03762",
        components=("unet", "vae"),
        requires=_ON_UNETS,
        conflicts=("attention-sdpa", "attention-xformers", "fused-qkv"),
        library="diffusers",
        formula="softmax(Q K^T / sqrt(d)) V",
        limits="A yardstick: more memory and mostly slower than the fused kernels.",
    ),
    optimisation_in(
        "attention",
        "attention-sdpa",
        "PyTorch's scaled dot product attention with one of its backends.",
        _SDPA,
        components=("unet",),
        requires=_ON_UNETS,
        parameters=(
            Parameter(
                "backend",
                "str",
                "default",
                "the kernel; default leaves the choice to torch",
                choices=("default", "math", "flash", "efficient", "cudnn"),
                requires={
                    "cudnn": Requirements(devices=("cuda",)),
                    "efficient": Requirements(devices=("cuda",)),
                },
            ),
        ),
        conflicts=("attention-xformers",),
        order=55,
        library="torch",
        formula="softmax(Q K^T / sqrt(d)) V in one kernel; flash and efficient hold no scores",
        limits="diffusers calls it anyway: `default` changes nothing on a fresh model, nor does "
        "the backend that torch chooses by itself.",
    ),
    optimisation_in(
        "attention",
        "attention-xformers",
        "Memory-efficient attention of the package xformers.",
        "https://huggingface.co/docs/diffusers/optimization/xformers",
        components=("unet", "vae"),
        requires=Requirements(packages=("xformers",), devices=("cuda",), families=UNETS),
        conflicts=("fused-qkv",),
        library="xformers",
        limits="torch has such kernels itself since version 2.0.",
    ),
    optimisation_in(
        "attention",
        "fused-qkv",
        "One matrix product for query, key and value; in cross attention for key and value.",
        _SPEED,
        components=("unet",),
        requires=_ON_UNETS,
        order=45,
        library="diffusers",
        formula="[Q K V] = X [W_q W_k W_v]",
        limits="The separate weights stay beside the joined ones, so memory grows; plain weights "
        "only.",
    ),
)

_LAYOUT = (
    optimisation_in(
        "switches",
        "vae-slicing",
        "The VAE decodes a batch one image at a time: less memory with batches.",
        _MEMORY,
        components=("vae",),
        library="diffusers",
        limits="Does nothing for a batch of one.",
    ),
    optimisation_in(
        "switches",
        "vae-tiling",
        "The VAE decodes overlapping tiles: less memory for large images, slight seams.",
        _MEMORY,
        components=("vae",),
        library="diffusers",
        limits="Does nothing for images of one tile, mostly 512x512; normalisation sees one tile "
        "at a time, so colours can shift.",
    ),
    optimisation_in(
        "switches",
        "channels-last",
        "Convolution weights in NHWC order, which tensor cores and oneDNN like better.",
        _SPEED,
        components=("unet", "vae"),
        library="torch",
        limits="Helps convolutions in 16 bits; little in fp32.",
    ),
    optimisation_in(
        "switches",
        "layerwise-upcast",
        "Weights stored in 16 bits and computed with in 32, for cards whose FP16 is broken.",
        _MEMORY,
        components=("unet", "vae", "text_encoder"),
        conflicts=("fused-qkv", "sequential-offload", "group-offload", "cuda-graphs"),
        order=52,
        library="diffusers",
        formula="y = f(x; float32(W_16))",
        limits="Each layer is cast at each call, which takes time, and activations take 32 bits.",
    ),
    optimisation_in(
        "switches",
        "gradient-checkpointing",
        "Recommended for inference by some: activations are forgotten until a backward pass. "
        "There is none, which the measurement shows.",
        "https://arxiv.org/abs/1604.06174",
        components=("unet",),
        library="diffusers",
        limits="A method for training: no effect on inference, and reported as such.",
    ),
)

_COMPILATION = (
    optimisation_in(
        "compiling",
        "compile",
        "torch.compile of the denoiser. Works on CPU where a C++ compiler is installed; the first "
        "image takes a minute or more.",
        "https://docs.pytorch.org/docs/stable/generated/torch.compile.html",
        components=("unet",),
        requires=Requirements(packages=("torch",)),
        parameters=(
            Parameter(
                "mode",
                "str",
                "default",
                "what torch.compile optimises for",
                choices=("default", "reduce-overhead", "max-autotune"),
            ),
            Parameter(
                "scope",
                "str",
                "full",
                "the whole denoiser, or the class of block that it repeats (quicker to compile)",
                choices=("full", "repeated"),
            ),
        ),
        conflicts=("sequential-offload",),
        order=60,
        library="torch",
        limits="A new shape is compiled anew; the time to compile is reported apart.",
    ),
    optimisation_in(
        "compiling",
        "cuda-graphs",
        "The denoiser's kernels recorded once for each shape, then launched as one.",
        "https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs",
        components=("unet",),
        requires=Requirements(packages=("torch",), devices=("cuda",)),
        conflicts=("compile", "model-offload", "sequential-offload", "group-offload"),
        order=65,
        library="torch",
        limits="Saves the host's time for launches, so it helps small batches most; each shape "
        "keeps its activations.",
    ),
)

_OFFLOAD = (
    optimisation_in(
        "offload",
        "model-offload",
        "Each part of the pipeline is on the GPU only while it works.",
        _MEMORY,
        requires=_ON_GPU,
        conflicts=("sequential-offload", "group-offload"),
        order=70,
        library="accelerate",
        limits="The GPU must hold the largest part.",
    ),
    optimisation_in(
        "offload",
        "sequential-offload",
        "Each layer is on the GPU only while it works: least memory, very slow.",
        _MEMORY,
        requires=_ON_GPU,
        conflicts=("model-offload", "group-offload", "compile"),
        order=70,
        library="accelerate",
        limits="Weights cross the bus in each step.",
    ),
    optimisation_in(
        "offload",
        "group-offload",
        "Groups of layers are on the GPU only while they work, with streams the next one copied "
        "meanwhile.",
        _MEMORY,
        requires=_ON_GPU,
        parameters=(
            Parameter(
                "level",
                "str",
                "block",
                "what a group is: a block of the model or a single layer",
                choices=("block", "leaf"),
            ),
            Parameter("stream", "bool", False, "copy the next group while one works"),
        ),
        conflicts=("model-offload", "sequential-offload"),
        order=70,
        library="diffusers",
        limits="Weights cross the bus in each step; streams pin the host's memory.",
    ),
)

MODULE_SWITCHES: tuple[MethodSpec, ...] = (
    *_ATTENTION,
    *_LAYOUT,
    *_COMPILATION,
    *STEP_SWITCHES,
    *_OFFLOAD,
)
