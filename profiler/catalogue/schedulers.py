"""Our scheduler names, and the class and arguments of diffusers behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.catalogue import registry
from profiler.records.cell import Scalar

# Models trained by flow matching: they know no noise schedule that the other samplers follow.
FLOW_FAMILIES = ("sd3", "flux")


@dataclass(frozen=True)
class SchedulerSpec:
    """A sampler; built by `diffusers_class.from_config(pipeline's config, **arguments)`.

    `diffusers_class` is the name of a class of diffusers, or "your_package.module:Class". It is
    for models of `families` only, where any are named, and never for `not_families`.
    """

    name: str
    diffusers_class: str
    doc: str
    source: str
    arguments: Mapping[str, Scalar] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    not_families: tuple[str, ...] = FLOW_FAMILIES

    @property
    def flows(self) -> bool:
        """Is it for models that were trained by flow matching?"""
        return bool(self.families) and set(self.families) <= set(FLOW_FAMILIES)


GROUP = "sdprof.schedulers"

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
            "tcd",
            "TCDScheduler",
            "For the same weights as lcm; keeps more detail where steps are more than 4.",
            "Zheng et al. 2024, Trajectory Consistency Distillation, arXiv:2402.19159",
        ),
        SchedulerSpec(
            "pndm",
            "PNDMScheduler",
            "The pseudo numerical sampler that Stable Diffusion 1.5 ships with. One more UNet call "
            "than steps; knows no zero terminal SNR, so images of tiny-sd are pale.",
            "Liu et al. 2022, arXiv:2202.09778",
            {"skip_prk_steps": True},
        ),
        SchedulerSpec(
            "flow-euler",
            "FlowMatchEulerDiscreteScheduler",
            "First-order solver of a rectified flow, for models trained by flow matching.",
            "Esser et al. 2024, arXiv:2403.03206",
            families=FLOW_FAMILIES,
            not_families=(),
        ),
    )
}


def scheduler(name: str) -> SchedulerSpec:
    """The scheduler of that name, built in or from an entry point; raises `UnknownName`."""
    return registry.lookup("scheduler", name, SCHEDULERS, GROUP, SchedulerSpec)


def all_schedulers() -> dict[str, SchedulerSpec]:
    """Every scheduler that is installed, those of other packages included."""
    registry.extend(SCHEDULERS, GROUP, SchedulerSpec)
    return dict(SCHEDULERS)
