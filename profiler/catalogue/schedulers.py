"""Our scheduler names, and the class and arguments of diffusers behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.errors import UnknownName
from profiler.records.cell import Scalar


@dataclass(frozen=True)
class SchedulerSpec:
    """A sampler; built by `diffusers_class.from_config(pipeline's config, **arguments)`."""

    name: str
    diffusers_class: str
    doc: str
    source: str
    arguments: Mapping[str, Scalar] = field(default_factory=dict)


SCHEDULERS: dict[str, SchedulerSpec] = {
    spec.name: spec
    for spec in (
        SchedulerSpec(
            "ddim",
            "DDIMScheduler",
            "Deterministic, the reference here.",
            "Song et al. 2020, arXiv:2010.02502",
        ),
        SchedulerSpec(
            "ddpm",
            "DDPMScheduler",
            "The original stochastic sampler; wants many steps.",
            "Ho et al. 2020, arXiv:2006.11239",
        ),
        SchedulerSpec(
            "dpm++",
            "DPMSolverMultistepScheduler",
            "Second-order multistep solver; good from 15 to 20 steps.",
            "Lu et al. 2022, arXiv:2211.01095",
            {"algorithm_type": "dpmsolver++", "solver_order": 2},
        ),
        SchedulerSpec(
            "euler",
            "EulerDiscreteScheduler",
            "First-order solver of the probability flow.",
            "Karras et al. 2022, arXiv:2206.00364",
        ),
        SchedulerSpec(
            "euler-a",
            "EulerAncestralDiscreteScheduler",
            "Euler with fresh noise at each step.",
            "Karras et al. 2022, arXiv:2206.00364",
        ),
        SchedulerSpec(
            "unipc",
            "UniPCMultistepScheduler",
            "Predictor-corrector; good from 8 to 15 steps.",
            "Zhao et al. 2023, arXiv:2302.04867",
        ),
        SchedulerSpec(
            "lcm",
            "LCMScheduler",
            "For consistency-distilled weights, 1 to 8 steps with guidance near 1.",
            "Luo et al. 2023, arXiv:2310.04378",
        ),
        SchedulerSpec(
            "pndm",
            "PNDMScheduler",
            "The pseudo numerical sampler that Stable Diffusion 1.5 ships with. One more UNet call "
            "than steps; knows no zero terminal SNR, so images of tiny-sd are pale.",
            "Liu et al. 2022, arXiv:2202.09778",
            {"skip_prk_steps": True},
        ),
    )
}


def scheduler(name: str) -> SchedulerSpec:
    """The scheduler of that name; raises `UnknownName` with the nearest ones."""
    if name not in SCHEDULERS:
        raise UnknownName("scheduler", name, SCHEDULERS)
    return SCHEDULERS[name]
