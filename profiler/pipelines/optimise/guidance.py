"""Guidance for the first part of the steps only: the others cost one denoiser pass, not two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from profiler.catalogue.models import family_of
from profiler.errors import Unsupported
from profiler.pipelines.engine import Generate, Painted, Request
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.records.cell import Scalar

# What holds the unguided half in front of the guided one, by the names that callbacks know.
_DOUBLED = {
    "stable-diffusion": ("prompt_embeds",),
    "sdxl": ("prompt_embeds", "add_text_embeds", "add_time_ids"),
}
_TENSORS = "callback_on_step_end_tensor_inputs"


def guidance_interval(_pipe: Any, context: OptimisationContext, stop: float = 0.5) -> Switched:
    """Guide the first `stop` (0 to 1) of the steps, at whole steps, and none after them.

    Source: https://huggingface.co/docs/diffusers/using-diffusers/callback (dynamic guidance), and
    Kynkäänniemi et al. 2024, https://arxiv.org/abs/2404.07724
    Raises: Unsupported for pipelines whose doubled tensors are not known.
    """
    family = family_of(context.cell.model)
    if family not in _DOUBLED:
        raise Unsupported(
            f"guidance-interval knows the tensors of {' and '.join(_DOUBLED)} only, not {family}"
        )
    layer = GuidanceStop(stop, _DOUBLED[family])
    context.engine.around(layer.layer)
    return Switched(
        1,
        uses=lambda: layer.unguided,
        details=layer.details,
        no_effect=_in_vain(context.cell.guidance, context.cell.steps, stop),
    )


def guided_steps(steps: int, stop: float) -> int:
    """How many of the steps are guided: the nearest whole number, halves up."""
    return int(steps * stop + 0.5)


def _in_vain(guidance: float, steps: int, stop: float) -> str:
    if guidance <= 1:
        return f"guidance {guidance:g} is off already"
    if guided_steps(steps, stop) == steps:
        return f"with stop {stop:g} all {steps} steps are guided"
    return ""


class GuidanceStop:
    """Turns the guidance off within each request; `unguided` counts the steps without it."""

    def __init__(self, stop: float, doubled: tuple[str, ...]) -> None:
        self._stop, self._doubled = stop, doubled
        self.guided = self.unguided = 0

    def layer(self, inner: Generate) -> Generate:
        """Let guidance end in each request."""

        def answer(request: Request) -> Painted:
            asked = guided_steps(request.steps, self._stop) > 0
            names = dict.fromkeys(("latents", *request.arguments.get(_TENSORS, ()), *self._doubled))
            changed = replace(
                request,
                # No callback comes before the first step: without any, guidance never begins.
                guidance=request.guidance if asked else 1.0,
                on_step=(*request.on_step, self._after_step),
                arguments={**request.arguments, _TENSORS: list(names)},
            )
            return inner(changed)

        return answer

    def details(self) -> Mapping[str, Scalar]:
        """Steps of all requests by kind."""
        return {"guided_steps": self.guided, "unguided_steps": self.unguided}

    def _after_step(
        self, pipe: Any, step: int, _when: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        """Count the step that ended, and turn guidance off where the next one is the first without.

        Some schedulers take several evaluations per step, hence the pipeline's own count.
        """
        if not pipe.do_classifier_free_guidance:
            self.unguided += 1
            return tensors
        self.guided += 1
        if step + 1 < guided_steps(pipe.num_timesteps, self._stop):
            return tensors
        pipe._guidance_scale = 1.0
        halves = {name: tensors[name].chunk(2)[-1] for name in self._doubled}
        return {**tensors, **halves}
