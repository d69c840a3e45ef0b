"""Switches of the pipeline that change how it runs and not what its weights are."""

from __future__ import annotations

from profiler.catalogue import registry
from profiler.catalogue.switches_modules import MODULE_SWITCHES
from profiler.catalogue.switches_requests import REQUEST_SWITCHES
from profiler.records.catalogue import MethodSpec

GROUP = "sdprof.optimisations"

# These place the parts of the pipeline on the device themselves.
OFFLOADS = frozenset({"model-offload", "sequential-offload", "group-offload"})

OPTIMISATIONS: dict[str, MethodSpec] = {
    spec.name: spec for spec in (*MODULE_SWITCHES, *REQUEST_SWITCHES)
}


def optimisation(name: str) -> MethodSpec:
    """The optimisation of that name, built in or from an entry point; raises `UnknownName`."""
    return registry.lookup("optimisation", name, OPTIMISATIONS, GROUP, MethodSpec)


def all_optimisations() -> dict[str, MethodSpec]:
    """Every optimisation that is installed, those of other packages included."""
    registry.extend(OPTIMISATIONS, GROUP, MethodSpec)
    return dict(OPTIMISATIONS)
