"""Walks over the layers of a module and puts others in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

# Layers that hold nearly all weights of a diffusion model.
WEIGHTED = (nn.Linear, nn.Conv2d)
_FLOATS = frozenset({torch.float64, torch.float32, torch.bfloat16, torch.float16})


def is_plain(layer: nn.Module, kinds: tuple[type[nn.Module], ...] = WEIGHTED) -> bool:
    """Is this a layer of exactly one of `kinds`, with dense weights of 16 bit or more?

    torchao and sparse kernels leave the class of the layer and put a tensor subclass into it, FP8
    storage changes the dtype only: such layers, like subclasses, are compressed already.
    """
    weight = getattr(layer, "weight", None)
    return type(layer) in kinds and type(weight) is nn.Parameter and weight.dtype in _FLOATS


def count_weighted(root: nn.Module) -> int:
    """How many Linear and Conv2d layers there are, subclasses included."""
    return sum(isinstance(layer, WEIGHTED) for layer in root.modules())


def parameters_of(module: nn.Module) -> int:
    """How many numbers a module has learnt."""
    return sum(parameter.numel() for parameter in module.parameters())


def replace_layers(
    root: nn.Module, kinds: tuple[type[nn.Module], ...], make: Callable[[Any], nn.Module]
) -> int:
    """Replace every plain layer of exactly one of `kinds` by `make(layer)`; returns how many.

    Others stay: they are somebody else's (quantised already, or with other arithmetic). So do those
    that the model's own class keeps in fp32: T5 casts its activations to the dtype of such a
    weight, whatever that is by then. A layer that is used in two places is made once.
    """
    in_fp32 = frozenset(getattr(root, "_keep_in_fp32_modules", None) or ())
    made: dict[int, nn.Module] = {}
    # The old layers live until the end: an id must not be given away again meanwhile.
    kept: list[nn.Module] = []
    for parent in list(root.modules()):
        for name, child in list(parent.named_children()):
            if id(child) not in made:
                if name in in_fp32 or not is_plain(child, kinds):
                    continue
                made[id(child)] = make(child)
                kept.append(child)
            setattr(parent, name, made[id(child)])
    return len(made)


def with_contiguous_inputs(layer: nn.Module) -> nn.Module:
    """Let a layer see contiguous inputs only, which some kernels need without saying so.

    The attention of a VAE hands transposed activations on.
    """
    layer.register_forward_pre_hook(_contiguous)
    return layer


def _contiguous(_layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (inputs[0].contiguous(), *inputs[1:])
