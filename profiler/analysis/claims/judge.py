"""Every claim with its verdict, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from profiler.analysis.claims import effects, overall, quality, sizes, timings
from profiler.analysis.claims.rows import Rows
from profiler.analysis.claims.verdict import Judgement
from profiler.catalogue.claims import CLAIMS, Claim

# Evidence on these needs more than a summary: what an optimisation told, and single requests.
NEEDS_MEASUREMENT = frozenset(
    {"preload", "release-memory", "image-cache", "dynamic-resolution", "gradient-checkpointing"}
)

JUDGES: Mapping[str, Callable[[Claim, Rows], Judgement]] = {
    "storage": sizes.storage,
    "speed": overall.speed,
    "hardware": overall.hardware,
    "cost": overall.cost,
    "quantization-size": sizes.quantisation,
    "quantization-formula": quality.formula,
    "pruning-size": sizes.pruning,
    "pruning-quality": quality.pruning,
    "distillation-size": sizes.distillation,
    "distillation-quality": quality.distillation,
    "fusion-size": sizes.fusion,
    "fusion-quality": quality.fusion,
    **dict.fromkeys(timings.DEVICES, timings.on_device),
    "mobile-size": sizes.mobile,
    "mobile-load": timings.untestable,
    "mobile-image": timings.untestable,
    "preload": effects.preload,
    "cache": effects.cache,
    "batch": effects.batch,
    "dynamic-resolution": effects.dynamic_resolution,
    "gradient-checkpointing": effects.gradient_checkpointing,
    "release": effects.release,
    "autoscaling": timings.untestable,
    "fp8-int4": sizes.fp8_int4,
    "stress": timings.untestable,
}


def judge_all(rows: Rows) -> tuple[Judgement, ...]:
    """A judgement of each claim from what was measured on one device."""
    return tuple(JUDGES[claim.id](claim, rows) for claim in CLAIMS.values())


def counts(judgements: tuple[Judgement, ...]) -> dict[str, int]:
    """How many claims got each verdict, those that occur, in the order of the verdicts."""
    told = [judgement.verdict for judgement in judgements]
    return {verdict.value: told.count(verdict) for verdict in type(told[0]) if verdict in told}
