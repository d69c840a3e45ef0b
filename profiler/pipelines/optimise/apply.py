"""Switches a cell's optimisations on, and tells afterwards what they did."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module

from profiler.catalogue.optimisations import OFFLOADS, optimisation
from profiler.errors import NoEffect, Unsupported
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import Cell
from profiler.records.measurement import OptimisationEffect


@dataclass(frozen=True)
class SwitchedOn:
    """The optimisations of a cell by name, in the order in which they were switched on."""

    switches: dict[str, Switched]

    def effects(self) -> tuple[OptimisationEffect, ...]:
        """What each of them did up to now; to be asked after images."""
        return tuple(_effect(name, switched) for name, switched in self.switches.items())

    def only(self, names: Collection[str]) -> SwitchedOn:
        """Those of these names."""
        return SwitchedOn({name: self.switches[name] for name in self.switches if name in names})


def apply_optimisations(engine: Engine, cell: Cell, device: str) -> SwitchedOn:
    """Switch on the cell's optimisations, in the catalogue's order.

    Raises:
        UnknownName: an optimisation is not in the catalogue.
        Unsupported: one cannot run on this device.
        NoEffect: one reached no module, or cannot matter for this cell.
    """
    switches: dict[str, Switched] = {}
    context = OptimisationContext(cell, device, engine)
    for use in sorted(cell.optimisations, key=lambda use: optimisation(use.method).order):
        function = resolve(optimisation(use.method))
        switched = function(engine.pipe, context, **use.parameters)
        if switched.modules == 0:
            raise NoEffect(f"{use.method} found nothing to work on in {cell.model}; leave it out")
        if switched.no_effect and not switched.measured_all_the_same:
            raise NoEffect(f"{use.method} changes nothing here: {switched.no_effect}")
        switches[use.method] = switched
    return SwitchedOn(switches)


def resolve(spec: MethodSpec) -> Callable[..., Switched]:
    """The function behind an optimisation's target.

    Raises:
        Unsupported: the target does not exist; told with the optimisation that names it.
    """
    module, _, name = spec.target.partition(":")
    try:
        function: Callable[..., Switched] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Unsupported(f"{spec.name}: its code {spec.target!r} cannot be loaded: {error}") from (
            error
        )
    return function


def first_device(cell: Cell, device: str) -> str:
    """Where to load the pipeline: on the CPU if an offload moves its parts, else on `device`."""
    offloads = any(use.method in OFFLOADS for use in cell.optimisations)
    return "cpu" if offloads else device


def _effect(name: str, switched: Switched) -> OptimisationEffect:
    uses = switched.uses() if switched.uses else None
    reason = switched.no_effect
    if uses == 0 and not reason:
        reason = "it was switched on and came to bear in none of the images"
    details = dict(switched.details()) if switched.details else {}
    return OptimisationEffect(name, switched.modules, uses, reason, details)
