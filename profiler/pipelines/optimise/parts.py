"""What the optimisations share: the parts of a pipeline, and counting what came to bear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from profiler.errors import Unsupported
from profiler.records.cell import Cell

# These trace the denoiser: Python that counts would break their graphs or not run in them at all.
TRACERS = frozenset({"compile", "cuda-graphs"})


@dataclass
class Count:
    """Counts calls."""

    value: int = 0

    def __call__(self) -> int:
        """The count up to now."""
        return self.value

    def calls_of(self, modules: Iterable[nn.Module]) -> None:
        """Count each call of these modules."""

        def hook(*_: object) -> None:
            self.value += 1

        for module in modules:
            module.register_forward_pre_hook(hook)


def countable(cell: Cell) -> bool:
    """Can Python code within the denoiser count, or is the denoiser traced?"""
    return not any(use.method in TRACERS for use in cell.optimisations)


def denoiser(pipe: Any) -> Any:
    """The model of diffusers that is called in each step: the UNet or the transformer."""
    found = getattr(pipe, "unet", None)
    return pipe.transformer if found is None else found


def parts(pipe: Any) -> list[nn.Module]:
    """The modules of a pipeline: denoiser, VAE, text encoders."""
    return [part for part in pipe.components.values() if isinstance(part, nn.Module)]


def is_plain(layer: Any, kind: type[nn.Module]) -> bool:
    """Is it exactly such a layer, with a weight of ordinary numbers: not quantised or wrapped?"""
    if type(layer) is not kind:
        return False
    weight: Any = layer.weight
    return type(weight) in (torch.Tensor, nn.Parameter) and bool(weight.is_floating_point())


def hooked(part: nn.Module, hook: str) -> list[nn.Module]:
    """The modules of a part on which diffusers put the hook of that name."""
    found = []
    for module in part.modules():
        registry: Any = getattr(module, "_diffusers_hook", None)
        if registry is not None and registry.get_hook(hook) is not None:
            found.append(module)
    return found


def refuse_cpu(what: str, device: str, why: str) -> None:
    """Raise `Unsupported` with the reason if `device` is the CPU."""
    if torch.device(device).type == "cpu":
        raise Unsupported(f"{what} {why}; this cell runs on the CPU")
