"""Puts layers in the place of layers."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def replace_layers(module: nn.Module, make: Callable[[nn.Module], nn.Module | None]) -> int:
    """Put `make(layer)` in the place of every inner layer that it gives something for.

    Returns how many were replaced. A layer that is used in two places is replaced in both.
    """
    made: dict[nn.Module, nn.Module | None] = {}
    return _replace(module, make, made)


def _replace(
    module: nn.Module,
    make: Callable[[nn.Module], nn.Module | None],
    made: dict[nn.Module, nn.Module | None],
) -> int:
    count = 0
    for name, child in module.named_children():
        if child not in made:
            made[child] = make(child)
        new = made[child]
        if new is None:
            count += _replace(child, make, made)
        else:
            setattr(module, name, new)
            count += 1
    return count
