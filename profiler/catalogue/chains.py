"""Which methods may follow each other: order, conflicts, and one quantiser per component."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from profiler.catalogue.compression import compression, default_components
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
            shared = _shared(earlier_use, earlier, use, spec)
            if earlier.name == spec.name and (shared or not use.components):
                return f"{spec.name} is in the chain twice"
            if spec.name in earlier.conflicts or earlier.name in spec.conflicts:
                return f"{earlier.name} and {spec.name} exclude each other"
            if shared and (reason := _clash(earlier, spec, ", ".join(sorted(shared)))):
                return reason
    return None


def _clash(earlier: MethodSpec, spec: MethodSpec, where: str) -> str | None:
    """Why two methods cannot both be applied to the same components, in whatever order."""
    kinds = {earlier.kind, spec.kind}
    if kinds == {"quantise"}:
        return f"{earlier.name} and {spec.name} both quantise the {where}"
    if kinds == {"distil"}:
        return f"{earlier.name} and {spec.name} both replace the {where}"
    if kinds == {"quantise", "cast"}:
        caster, other = (earlier, spec) if earlier.kind == "cast" else (spec, earlier)
        return (
            f"{caster.name} cannot be applied to the {where}, which {other.name} quantises: the "
            "precision of the cell is what quantised layers compute in"
        )
    return None


def _out_of_order(chain: Sequence[MethodUse]) -> str | None:
    """Coarse changes come first: what is quantised cannot be pruned any more.

    Only methods that work on the same component have an order.
    """
    specs = [compression(use.method) for use in chain]
    for i, (use, spec) in enumerate(zip(chain, specs, strict=True)):
        for earlier_use, earlier in zip(chain[:i], specs[:i], strict=True):
            shared = _shared(earlier_use, earlier, use, spec)
            if shared and earlier.order > spec.order:
                right = ", ".join(one.name for one in sorted(specs, key=lambda one: one.order))
                return f"{_why(earlier, spec, ', '.join(sorted(shared)))}; write [{right}]"
    return None


def _why(earlier: MethodSpec, spec: MethodSpec, where: str) -> str:
    """What is wrong with the later one coming later."""
    if spec.kind in {"distil", "merge"}:
        return (
            f"the chain is in the wrong order: {spec.name} puts other weights in place of the "
            f"{where}, which {earlier.name} has changed before"
        )
    return "the chain is in the wrong order (distil, prune, quantise)"


def _shared(
    earlier_use: MethodUse, earlier: MethodSpec, use: MethodUse, spec: MethodSpec
) -> set[str]:
    """The components that both work on; what names none works on those it takes by default."""
    return set(_parts(earlier_use, earlier)) & set(_parts(use, spec))


def _parts(use: MethodUse, spec: MethodSpec) -> tuple[str, ...]:
    if spec.kind == "optimise":
        return ()
    return use.components or default_components(spec)
