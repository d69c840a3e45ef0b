"""The architectures of the catalogue's models as data, one file per family.

parts             what an architecture is made of, and the parts that several families share
stable_diffusion  Stable Diffusion 1.5, 2.1 and the BK-SDM students
sdxl              Stable Diffusion XL, its Turbo and SSD-1B
sd3               Stable Diffusion 3.5 medium
flux              FLUX.1 schnell
"""

from __future__ import annotations

from profiler.errors import UnknownName
from profiler.pipelines.architectures import flux, sd3, sdxl, stable_diffusion
from profiler.pipelines.architectures.parts import Architecture, Part

__all__ = ["ARCHITECTURES", "Architecture", "Part", "architecture"]

ARCHITECTURES: dict[str, Architecture] = {
    **stable_diffusion.ARCHITECTURES,
    **sdxl.ARCHITECTURES,
    **sd3.ARCHITECTURES,
    **flux.ARCHITECTURES,
}


def architecture(model: str) -> Architecture:
    """The architecture of that model; raises `UnknownName`."""
    if model not in ARCHITECTURES:
        raise UnknownName("architecture", model, ARCHITECTURES)
    return ARCHITECTURES[model]
