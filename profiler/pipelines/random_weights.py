"""A model of the catalogue with random weights: the exact architecture, in seconds, offline.

The usual initialisation of a billion numbers takes many seconds. Here the model is constructed on
the device "meta" (no memory), allocated once in its final format, and filled with copies of one
random block. What is computed is the same in kind and size; the images mean nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from profiler.pipelines.architectures import Architecture, Part, architecture

SEED = 15
# A prime, so that no row length divides it: rows of a tiled matrix would else repeat exactly.
_BLOCK = 1_000_003
# Half of what keeps the variance: activations then neither grow nor vanish over the depth.
_GAIN = 0.5


def random_pipeline(
    design: Architecture | str, dtype: torch.dtype, device: str, seed: int = SEED
) -> Any:
    """A pipeline of that architecture, or of that model's, whose weights follow from `seed` alone.

    Raises:
        UnknownName: no architecture is known by that name.
    """
    import diffusers

    from profiler.pipelines.fake_tokenizer import make_tokenizers

    design = architecture(design) if isinstance(design, str) else design
    parts = {
        name: materialise(on_meta(part), dtype, device, seed + number).eval()
        for number, (name, part) in enumerate(design.parts.items())
    }
    return getattr(diffusers, design.pipeline)(
        **parts,
        **make_tokenizers(design),
        scheduler=getattr(diffusers, design.scheduler.kind)(**design.scheduler.config),
        **design.arguments,
    )


def random_sd15(dtype: torch.dtype, device: str, seed: int = SEED) -> Any:
    """A StableDiffusionPipeline of Stable Diffusion 1.5; for scripts that sdprof writes."""
    return random_pipeline("sd15", dtype, device, seed)


def on_meta(part: Part) -> nn.Module:
    """The component with shapes only, on the device "meta"."""
    import diffusers
    import transformers

    with torch.device("meta"):
        module: nn.Module
        if (kind := getattr(diffusers, part.kind, None)) is not None:
            module = kind(**part.config)
        else:
            kind = getattr(transformers, part.kind)
            module = kind(kind.config_class(**part.config))
    return module


@torch.no_grad()
def materialise(module: nn.Module, dtype: torch.dtype, device: str, seed: int) -> nn.Module:
    """Allocate a module that was constructed on "meta" and fill it with random weights.

    Matrices and kernels get a standard deviation of 0.5 / sqrt(inputs of one output), embeddings
    0.02, norms ones, biases zeros.

    Raises:
        RuntimeError: the module has a buffer of which only its constructor knows the content.
    """
    # Module.to of torch itself: that of diffusers warns of layers that it would keep in fp32.
    module = nn.Module.to(module, dtype).to_empty(device=device)
    generator = torch.Generator("cpu").manual_seed(seed)
    block = torch.randn(_BLOCK, generator=generator).repeat(2).to(device, dtype)
    offset = 0
    seen: set[int] = set()
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if id(parameter) in seen:  # tied to another one
                continue
            seen.add(id(parameter))
            if name.endswith("bias"):
                parameter.zero_()
            elif name == "weight" and parameter.ndim < 2:
                parameter.fill_(1.0)
            else:
                # Each parameter starts elsewhere in the block, so that no two layers are alike.
                offset = (offset + 7919) % _BLOCK
                length = min(_BLOCK, parameter.numel())
                _tile(parameter, block[offset : offset + length], _deviation(part, parameter))
        for name, buffer in part.named_buffers(recurse=False):
            _refill(part, name, buffer)
    return module


def _refill(part: nn.Module, name: str, buffer: torch.Tensor) -> None:
    """Give a buffer the content that its constructor would have given it."""
    if name == "position_ids":
        buffer.copy_(torch.arange(buffer.shape[-1]).expand_as(buffer))
    elif name == "pos_embed":
        from diffusers.models.embeddings import get_2d_sincos_pos_embed

        table = get_2d_sincos_pos_embed(
            buffer.shape[-1],
            part.pos_embed_max_size,
            base_size=part.base_size,
            interpolation_scale=part.interpolation_scale,
        )
        buffer.copy_(table.expand_as(buffer))
    else:
        raise RuntimeError(f"buffer {name!r} of {type(part).__name__} cannot be refilled")


def _deviation(part: nn.Module, parameter: torch.Tensor) -> float:
    if isinstance(part, nn.Embedding) or parameter.ndim < 2:
        return 0.02
    return float(_GAIN / parameter[0].numel() ** 0.5)


def _tile(parameter: torch.Tensor, block: torch.Tensor, deviation: float) -> None:
    """Fill the parameter with repetitions of the block times the deviation, the last one cut off.

    Written once and in place: memory is touched for the first time here, which is what takes long.
    """
    flat = parameter.view(-1)
    whole = flat.numel() // block.numel()
    cut = whole * block.numel()
    torch.mul(block.expand(whole, -1), deviation, out=flat[:cut].view(whole, -1))
    if cut < flat.numel():
        torch.mul(block[: flat.numel() - cut], deviation, out=flat[cut:])
