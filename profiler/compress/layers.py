"""Walks over the layers of a module and puts others in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

# Layers that hold nearly all weights of a diffusion model.
WEIGHTED = (nn.Linear, nn.Conv2d)


def count_weighted(root: nn.Module) -> int:
    """How many Linear and Conv2d layers there are, subclasses included."""
    return sum(isinstance(layer, WEIGHTED) for layer in root.modules())


def replace_layers(
    root: nn.Module, kinds: tuple[type[nn.Module], ...], make: Callable[[Any], nn.Module]
) -> int:
    """Replace every layer whose type is exactly one of `kinds` by `make(layer)`; returns how many.

    Subclasses stay: they are somebody else's (quantised already, or with other arithmetic). A layer
    that is used in two places is made once and put in both.
    """
    made: dict[int, nn.Module] = {}
    # The old layers live until the end: an id must not be given away again meanwhile.
    kept: list[nn.Module] = []
    for parent in list(root.modules()):
        for name, child in list(parent.named_children()):
            if type(child) not in kinds:
                continue
            if id(child) not in made:
                made[id(child)] = make(child)
                kept.append(child)
            setattr(parent, name, made[id(child)])
    return len(made)
