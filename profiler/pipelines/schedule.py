"""A scheduler by its catalogue name, in the settings that the weights were trained for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from profiler.catalogue import schedulers
from profiler.errors import Unsupported


def set_scheduler(pipe: Any, name: str) -> Any:
    """Give the pipeline the scheduler of that catalogue name; returns the scheduler.

    It is built from the present scheduler's config, so that prediction type, betas, zero terminal
    SNR and spacing of the timesteps stay those of the training.

    Raises:
        UnknownName: no scheduler of that name.
        Unsupported: the model was trained by flow matching and the scheduler is for diffusion, or
            the other way round.
    """
    spec = schedulers.scheduler(name)
    own = type(pipe.scheduler).__name__
    if own.startswith("FlowMatch") != spec.flows:
        raise Unsupported(
            f"the scheduler {name} ({spec.diffusers_class}) cannot sample this model, whose own is "
            f"{own}; models trained by flow matching take flow-euler, others any but that"
        )
    kind = _class_of(spec)
    pipe.scheduler = kind.from_config(pipe.scheduler.config, **spec.arguments)
    return pipe.scheduler


def _class_of(spec: schedulers.SchedulerSpec) -> Any:
    """The class behind the scheduler's name, of diffusers or of another package.

    Raises:
        Unsupported: it does not exist, or its package cannot be imported.
    """
    module, _, name = spec.diffusers_class.rpartition(":")
    try:
        return getattr(import_module(module or "diffusers"), name)
    except (ImportError, AttributeError) as error:
        raise Unsupported(
            f"the scheduler {spec.name}: its class {spec.diffusers_class!r} cannot be loaded: "
            f"{error}"
        ) from error
