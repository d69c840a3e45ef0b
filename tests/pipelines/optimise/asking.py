"""Asks an engine for images of a cell, with one of its optimisations switched on."""

from __future__ import annotations

from typing import Any

from profiler.catalogue.optimisations import optimisation
from profiler.pipelines.engine import Engine, Request
from profiler.pipelines.optimise import SwitchedOn, apply_optimisations
from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import OptimisationEffect
from tests.factories import PROMPTS, make_cell


def cell_with(name: str, parameters: dict[str, Any] | None = None, **changes: Any) -> Cell:
    use = MethodUse(name, (), {**optimisation(name).defaults(), **(parameters or {})})
    return make_cell(optimisations=(use,), **{"steps": 2, **changes})


def switched_on(
    pipe: Any, name: str, parameters: dict[str, Any] | None = None, **changes: Any
) -> tuple[Engine, SwitchedOn]:
    engine = Engine(pipe)
    return engine, apply_optimisations(engine, cell_with(name, parameters, **changes), "cpu")


def effect_of(switched: SwitchedOn) -> OptimisationEffect:
    (effect,) = switched.effects()
    return effect


def request(*numbers: int, prompts: tuple[str, ...] = PROMPTS, **changes: Any) -> Request:
    """For the prompts of these numbers, each with its number as seed."""
    fields: dict[str, Any] = {
        "prompts": tuple(prompts[i % len(prompts)] for i in numbers),
        "seeds": numbers,
        "width_px": 64,
        "height_px": 64,
        "steps": 2,
        "guidance": 3.0,
    }
    return Request(**{**fields, **changes})


class Calls:
    """Counts the calls of modules, with the batch of each."""

    def __init__(self, *modules: Any) -> None:
        self.batches: list[int] = []
        for module in modules:
            module.register_forward_pre_hook(self._called, with_kwargs=True)

    def _called(self, _module: Any, positional: Any, named: Any) -> None:
        first = positional[0] if positional else next(iter(named.values()))
        self.batches.append(int(first.shape[0]))

    def __len__(self) -> int:
        return len(self.batches)
