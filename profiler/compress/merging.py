"""Several models of one architecture made one (knowledge fusion), tensor by tensor in fp32.

With sources W_1 ... W_n, their common ancestor W_0, and task vectors T_i = W_i - W_0:

average          (1 - weight) W_1 + weight mean(W_2 ...); Wortsman et al. 2022, arXiv:2203.05482
slerp            sin((1 - weight) a) / sin a W_1 + sin(weight a) / sin a W_2, a the angle between
                 the two; Shoemake 1985, "Animating rotation with quaternion curves"
add-difference   W_1 + scale (W_2 - W_0), as the merger of Stable Diffusion's web UI calls it
task-arithmetic  W_0 + scale sum T_i; Ilharco et al. 2023, arXiv:2212.04089
ties             W_0 + scale mean of those T_i that are among the largest and have the elected
                 sign; Yadav et al. 2023, arXiv:2306.01708
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from profiler.compress.contract import Applied, CompressionContext
from profiler.compress.layers import count_weighted, parameters_of
from profiler.compress.sources import float_bytes, load_unet, shipped
from profiler.errors import InputError, Unsupported
from profiler.records.cell import Scalar

MODEL = "tiny-sd"
SPECIALISTS = ("angular", "round")
# Below this angle between two tensors, in radians, the arc is a straight line to fp32's precision.
_STRAIGHT = 1e-4


@dataclass(frozen=True)
class Amounts:
    """How much of what: see the formulas above; `density` is the share that TIES keeps."""

    weight: float
    scale: float
    density: float


# (ancestor, models, amounts) -> merged, all tensors of one shape in fp32.
Merger = Callable[[torch.Tensor, Sequence[torch.Tensor], Amounts], torch.Tensor]


def merge(
    module: nn.Module,
    context: CompressionContext,
    *,
    algorithm: str = "average",
    sources: str = "angular,round",
    weight: float = 0.5,
    scale: float = 1.0,
    density: float = 0.2,
) -> Applied:
    """One UNet from several, which replaces the pipeline's.

    `sources` are names of the shipped specialists (tiny-sd only, ancestor: its tiny student), or
    folders or hub ids (ancestor: the pipeline's own UNet); average and slerp take the ancestor as
    the first model if one source is given. `details` tell the bytes of the one and of the many.

    Raises:
        InputError: the algorithm takes another number of sources, or there is no such folder.
        Unsupported: a source cannot be had here, or is of another architecture.
        SdprofError: weights are missing or were changed.
    """
    names = _names(sources)
    ancestor, models = _load(module, context, names)
    count = len(models)
    if algorithm in ("average", "slerp") and count == 1:
        models = [ancestor, *models]
    _check_number(algorithm, len(models))
    amounts = Amounts(float(weight), float(scale), float(density))
    merged = _merged(ancestor, models, MERGERS[algorithm], amounts)
    # torch's own `to`: that of diffusers warns of modules to be kept in fp32, even of none.
    merged = nn.Module.to(merged, context.device, context.dtype).eval()
    many = sum(float_bytes(model, context.dtype) for model in models[-count:])
    one = float_bytes(merged, context.dtype)
    details: dict[str, Scalar] = {
        "models": count,
        "bytes_of_one": one,
        "bytes_of_many": many,
        "share": round(one / many, 4),
        "parameters_after": parameters_of(merged),
    }
    layers = count_weighted(merged)
    return Applied(merged, layers, layers, details)


def specialist(module: nn.Module, context: CompressionContext, *, name: str = "angular") -> Applied:
    """One of the shipped specialists in place of the UNet, to compare the merged one with.

    Raises:
        SdprofError: its weights are missing or were changed.
    """
    unet = load_unet(_specialist(name), context, "specialist")
    layers = count_weighted(unet)
    details = {"parameters_before": parameters_of(module), "parameters_after": parameters_of(unet)}
    return Applied(unet, layers, layers, details)


def average(
    _ancestor: torch.Tensor, models: Sequence[torch.Tensor], amounts: Amounts
) -> torch.Tensor:
    """The first model and the mean of the others, with shares 1 - weight and weight."""
    others = torch.stack(list(models[1:])).mean(dim=0)
    return (1 - amounts.weight) * models[0] + amounts.weight * others


def slerp(
    _ancestor: torch.Tensor, models: Sequence[torch.Tensor], amounts: Amounts
) -> torch.Tensor:
    """Along the arc between two tensors, seen as vectors; a straight line if they are parallel."""
    first, second = models
    length = first.norm() * second.norm()
    if length == 0:
        return torch.lerp(first, second, amounts.weight)
    cosine = (first * second).sum() / length
    angle = torch.arccos(cosine.clamp(-1, 1))
    if torch.sin(angle).abs() < _STRAIGHT:
        return torch.lerp(first, second, amounts.weight)
    left = torch.sin((1 - amounts.weight) * angle) / torch.sin(angle)
    right = torch.sin(amounts.weight * angle) / torch.sin(angle)
    return left * first + right * second


def add_difference(
    ancestor: torch.Tensor, models: Sequence[torch.Tensor], amounts: Amounts
) -> torch.Tensor:
    """The first model plus what the second learnt since the ancestor."""
    first, second = models
    return first + amounts.scale * (second - ancestor)


def task_arithmetic(
    ancestor: torch.Tensor, models: Sequence[torch.Tensor], amounts: Amounts
) -> torch.Tensor:
    """The ancestor plus the scaled sum of the task vectors."""
    from peft.utils import merge_utils

    tasks = [model - ancestor for model in models]
    weights = torch.full((len(tasks),), amounts.scale)
    step: torch.Tensor = merge_utils.task_arithmetic(tasks, weights)
    return ancestor + step


def ties(ancestor: torch.Tensor, models: Sequence[torch.Tensor], amounts: Amounts) -> torch.Tensor:
    """Trim each task vector, elect a sign per weight, and take the mean of those that agree."""
    from peft.utils import merge_utils

    tasks = [model - ancestor for model in models]
    weights = torch.full((len(tasks),), amounts.scale)
    step: torch.Tensor = merge_utils.ties(tasks, weights, amounts.density)
    return ancestor + step


MERGERS: Mapping[str, Merger] = {
    "average": average,
    "slerp": slerp,
    "add-difference": add_difference,
    "task-arithmetic": task_arithmetic,
    "ties": ties,
}
_EXACTLY_TWO = ("slerp", "add-difference")


def _names(sources: str) -> list[str]:
    names = [name.strip() for name in sources.split(",") if name.strip()]
    if not names:
        raise InputError("merge: sources is empty; name folders or hub ids, comma-separated")
    return names


def _check_number(algorithm: str, count: int) -> None:
    if algorithm in _EXACTLY_TWO and count != 2:
        raise InputError(f"merge: {algorithm} takes two models, and sources gives {count}")


def _load(
    module: nn.Module, context: CompressionContext, names: Sequence[str]
) -> tuple[Any, list[Any]]:
    """The common ancestor and the models."""
    shipped_names = [name for name in names if name in SPECIALISTS]
    ours = context.model == MODEL and shipped_names == list(names)
    if shipped_names and context.model == MODEL and not ours:
        others = ", ".join(name for name in names if name not in SPECIALISTS)
        known = ", ".join(SPECIALISTS)
        raise InputError(
            f"merge: {others} cannot be merged with {', '.join(shipped_names)}; the specialists "
            f"that ship with {MODEL} are {known}, and merge with each other only"
        )
    if shipped_names and not ours:
        raise InputError(
            f"merge: {', '.join(shipped_names)} ship with {MODEL} and merge with each other only; "
            f"for {context.model}, name folders or hub ids in sources"
        )
    places: list[str | Path] = [_specialist(name) for name in names] if ours else list(names)
    models = [load_unet(place, context, "merge") for place in places]
    ancestor: Any = module
    if ours:
        ancestor = load_unet(shipped(f"{MODEL}-student-tiny"), context, "merge")
    expected = _shapes(ancestor)
    for name, model in zip(names, models, strict=True):
        if _shapes(model) != expected:
            raise Unsupported(
                f"merge: {name} is of another architecture than the model it is merged with; only "
                "models with the same layers can be merged"
            )
    return ancestor, models


def _specialist(name: str) -> Path:
    if name not in SPECIALISTS:
        raise InputError(f"there is no specialist {name!r}; there are {', '.join(SPECIALISTS)}")
    return shipped(f"{MODEL}-specialist-{name}")


def _shapes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def _merged(ancestor: Any, models: Sequence[Any], merger: Merger, amounts: Amounts) -> Any:
    """A new UNet with the ancestor's configuration and merged weights."""
    origin = ancestor.state_dict()
    states = [model.state_dict() for model in models]
    merged = {
        name: merger(tensor.float(), [state[name].float() for state in states], amounts)
        for name, tensor in origin.items()
    }
    unet = type(ancestor).from_config(ancestor.config)
    unet.load_state_dict(merged)
    return unet
