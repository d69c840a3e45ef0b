"""The compression methods, as data; the code behind `target` is loaded on use.

Chains go from coarse to fine: distil (10), merge (15), prune (20), quantise (30), cast (40).
Quantised weights cannot be pruned any more, and a student replaces the UNet as a whole.
"""

from __future__ import annotations

from profiler.catalogue import registry
from profiler.catalogue.distillers import DISTILLERS
from profiler.catalogue.mergers import MERGERS
from profiler.catalogue.pruners import PRUNERS
from profiler.catalogue.quantisers import QUANTISERS
from profiler.records.catalogue import MethodSpec

GROUP = "sdprof.compressions"

_METHODS = (*DISTILLERS, *MERGERS, *PRUNERS, *QUANTISERS)

COMPRESSIONS: dict[str, MethodSpec] = {spec.name: spec for spec in _METHODS}


def compression(name: str) -> MethodSpec:
    """The method of that name, built in or from an entry point; raises `UnknownName`."""
    return registry.lookup("compression method", name, COMPRESSIONS, GROUP, MethodSpec)


def default_components(spec: MethodSpec) -> tuple[str, ...]:
    """What a compression is applied to where nothing is said: the UNet, if it can be.

    The UNet holds four fifths of the weights, and the VAE shows every error in the image.
    """
    return ("unet",) if "unet" in spec.components else spec.components


def all_compressions() -> dict[str, MethodSpec]:
    """Every method that is installed, those of other packages included."""
    registry.extend(COMPRESSIONS, GROUP, MethodSpec)
    return dict(COMPRESSIONS)
