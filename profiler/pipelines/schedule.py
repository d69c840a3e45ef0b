"""A scheduler by its catalogue name, in the settings that the weights were trained for."""

from __future__ import annotations

from typing import Any

from profiler.catalogue import schedulers


def set_scheduler(pipe: Any, name: str) -> Any:
    """Give the pipeline the scheduler of that catalogue name; returns the scheduler.

    It is built from the present scheduler's config, so that prediction type, betas, zero terminal
    SNR and spacing of the timesteps stay those of the training.

    Raises:
        UnknownName: no scheduler of that name.
    """
    import diffusers

    spec = schedulers.scheduler(name)
    kind = getattr(diffusers, spec.diffusers_class)
    pipe.scheduler = kind.from_config(pipe.scheduler.config, **spec.arguments)
    return pipe.scheduler
