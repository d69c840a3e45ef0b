"""Which methods may follow each other: order, conflicts, and one quantiser per component."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from profiler.catalogue.compression import compression
from profiler.catalogue.optimisations import optimisation
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import MethodUse


def chain_problem(chain: Sequence[MethodUse]) -> str | None:
    """Why this chain of compressions is not allowed, in words; None if it is.

    Raises:
        UnknownName: a method of the chain is not in the catalogue.
    """
    return _problem(chain, compression) or _out_of_order(chain)


def optimisations_problem(uses: Sequence[MethodUse]) -> str | None:
    """The same for runtime optimisations; those commute, so their order is free."""
    return _problem(uses, optimisation)


def _problem(uses: Sequence[MethodUse], find: Callable[[str], MethodSpec]) -> str | None:
    specs = [find(use.method) for use in uses]
    for i, (use, spec) in enumerate(zip(uses, specs, strict=True)):
        foreign = [part for part in use.components if part not in spec.components]
        if foreign:
            return f"{use.method} cannot be applied to {', '.join(foreign)}" + (
                f"; it takes {', '.join(spec.components)}" if spec.components else ""
            )
        for earlier_use, earlier in zip(uses[:i], specs[:i], strict=True):
            shared = set(use.components) & set(earlier_use.components)
            if earlier.name == spec.name and (shared or not use.components):
                return f"{spec.name} is in the chain twice"
            if spec.name in earlier.conflicts or earlier.name in spec.conflicts:
                return f"{earlier.name} and {spec.name} exclude each other"
            if shared and earlier.kind == spec.kind == "quantise":
                return (
                    f"{earlier.name} and {spec.name} both quantise the {', '.join(sorted(shared))}"
                )
    return None


def _out_of_order(chain: Sequence[MethodUse]) -> str | None:
    """Coarse changes come first: what is quantised cannot be pruned any more."""
    specs = [compression(use.method) for use in chain]
    if [spec.order for spec in specs] == sorted(spec.order for spec in specs):
        return None
    right = ", ".join(spec.name for spec in sorted(specs, key=lambda spec: spec.order))
    return f"the chain is in the wrong order (distil, prune, quantise); write [{right}]"
