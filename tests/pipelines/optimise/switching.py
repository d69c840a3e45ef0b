"""Switches optimisations on and paints; and a small pipeline with a UNet like SD 1.5's."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from profiler.catalogue.optimisations import optimisation
from profiler.pipelines.engine import Engine, Request
from profiler.pipelines.optimise import SwitchedOn, apply_optimisations
from profiler.pipelines.sd15_config import UNET
from profiler.records.cell import Cell, MethodUse, Scalar
from profiler.records.measurement import OptimisationEffect
from tests.factories import make_cell


@dataclass
class Bench:
    """A pipeline with optimisations on."""

    pipe: Any
    engine: Engine
    cell: Cell
    switched: SwitchedOn

    def paint(self) -> np.ndarray:
        """The cell's images (batch, height, width, 3)."""
        cell = self.cell
        request = Request(
            tuple(cell.prompts[i % len(cell.prompts)] for i in range(cell.batch_size)),
            tuple(range(cell.batch_size)),
            cell.width_px,
            cell.height_px,
            cell.steps,
            cell.guidance,
        )
        with torch.no_grad():
            return np.stack(self.engine(request).images)

    def effect(self, name: str) -> OptimisationEffect:
        """What that optimisation did up to now."""
        return next(e for e in self.switched.effects() if e.method == name)


def use(name: str, **parameters: Scalar) -> MethodUse:
    """An optimisation with its defaults filled in."""
    spec = optimisation(name)
    return MethodUse(spec.name, spec.components, {**spec.defaults(), **parameters})


def switch_on(pipe: Any, *uses: MethodUse, device: str = "cpu", **changes: Any) -> Bench:
    """Switch optimisations on in a pipeline, for a cell of 4 steps with `changes`."""
    cell = make_cell(**{"steps": 4, "optimisations": uses, **changes})
    engine = Engine(pipe)
    return Bench(pipe, engine, cell, apply_optimisations(engine, cell, device))


def own_copy(pipe: Any) -> Any:
    """A pipeline of its own with the same weights."""
    parts = {name: copy.deepcopy(part) for name, part in pipe.components.items()}
    own = type(pipe)(**parts, requires_safety_checker=False)
    own.set_progress_bar_config(disable=True)
    return own


def like_sd15(pipe: Any) -> Any:
    """A copy of tiny-sd with a small random UNet of the blocks of SD 1.5."""
    torch.manual_seed(0)
    own = own_copy(pipe)
    config = {
        **UNET,
        "sample_size": 16,
        "in_channels": pipe.unet.config.in_channels,
        "out_channels": pipe.unet.config.out_channels,
        "block_out_channels": (32, 64, 64, 64),
        "cross_attention_dim": pipe.unet.config.cross_attention_dim,
        "norm_num_groups": 8,
    }
    own.unet = type(own.unet)(**config).eval()
    return own
