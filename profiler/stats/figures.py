"""One raw measurement condensed to the figures of a summary, each with its interval and source."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from profiler.records.measurement import ImageRun, Measurement, Outcome, Phase
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import FIGURES
from profiler.stats.intervals import median, median_interval
from profiler.stats.outliers import flag_outliers

# These phases belong to the harness, not to the use of the model.
_NOT_USE = ("import", "quality_images", "score")


def figures_of(measurement: Measurement) -> dict[str, Quantity]:
    """Every figure of `FIGURES`, by name; unavailable with the reason where it cannot be had.

    Timings are medians over the warm runs. Those of the parts (text encoder, denoising, one step,
    VAE) are per call of the pipeline, which makes a whole batch.
    """
    if not measurement.ok and not _measured_without_effect(measurement):
        why = _failure_text(measurement)
        return {name: unavailable(unit, why) for name, (unit, _) in FIGURES.items()}
    runs, batch = measurement.warm_runs(), measurement.cell.batch_size
    per_batch = _median_of(runs, lambda run: run.wall_s, "no warm run was timed")
    found = {
        "latency_s_per_batch": per_batch,
        "latency_s_per_image": per_batch.scaled(1.0 / batch, "s"),
        "throughput_images_per_s": throughput(per_batch, batch),
        "peak_memory_bytes": peak_memory(measurement.phases),
        "weights_bytes": _weights(measurement),
        "energy_j_per_image": measurement.energy.get(
            "energy_j_per_image", unavailable("J", "no energy was recorded with this measurement")
        ),
        "load_s": _phase_time(measurement.phases, "load"),
        "first_image_s": _first_image(measurement),
        "text_encoder_s": _median_of(
            runs, lambda run: run.text_encoder_s, "the text encoder was not timed"
        ),
        "denoise_s": _median_of(
            runs, lambda run: math.fsum(run.step_s), "the denoising steps were not timed"
        ),
        # Steps of one run are not independent of each other: a median per run, then over runs.
        "step_s": _median_of(
            runs,
            lambda run: median(run.step_s) if run.step_s else 0.0,
            "the denoising steps were not timed",
        ),
        "vae_decode_s": _median_of(
            runs, lambda run: run.vae_decode_s, "the VAE's decoding was not timed"
        ),
        "cpu_s_per_image": _median_of(
            runs, lambda run: run.cpu_s, "the processor time was not recorded"
        ).scaled(1.0 / batch, "s"),
        "compile_s": _compile_time(measurement),
        "cache_hit_s": _cache_time(measurement, "hit"),
        "cache_miss_s": _cache_time(measurement, "miss"),
    }
    return {name: found[name] for name in FIGURES}


def _measured_without_effect(measurement: Measurement) -> bool:
    """Was it found only after the images that an optimisation did nothing?"""
    return measurement.outcome is Outcome.NO_EFFECT and bool(measurement.warm_runs())


def _compile_time(measurement: Measurement) -> Quantity:
    """Seconds that the compiler took, all images together."""
    for effect in measurement.optimisations:
        if "compile_s" in effect.details:
            return measured(float(effect.details["compile_s"]), "s", source="the compiler's clock")
    return unavailable("s", "nothing is compiled")


def _cache_time(measurement: Measurement, kind: str) -> Quantity:
    """The median request that a cache answered ("hit"), or the median warm one that it could not.

    Hits are asked for once all is warm, in a phase of their own; the first misses are cold.
    """
    runs = [run for run in measurement.runs if run.cache == kind and (run.warm or kind == "hit")]
    return _median_of(runs, lambda run: run.wall_s, "no cache answers requests")


def throughput(per_batch: Quantity, batch_size: int) -> Quantity:
    """Images per second from the latency of a batch; the bounds change places."""
    if per_batch.value is None:
        return unavailable("1/s", per_batch.reason)
    value, low, high = (
        None if seconds is None else batch_size / seconds
        for seconds in (per_batch.value, per_batch.high, per_batch.low)
    )
    return Quantity(value, "1/s", low, high, per_batch.evidence, per_batch.source)


def peak_memory(phases: Sequence[Phase]) -> Quantity:
    """The largest peak while the model is loaded, compressed and used; the source names its kind.

    CUDA's allocated bytes where the device has them, else the resident memory of the process.
    """
    used = [phase for phase in phases if phase.name not in _NOT_USE]
    kinds = (
        ("allocated", "tensors allocated on the device"),
        ("rss", "resident memory of the process"),
    )
    reasons = []
    for kind, words in kinds:
        peaks = [(phase.memory[kind], phase.name) for phase in used if kind in phase.memory]
        known = [(peak.value, peak, name) for peak, name in peaks if peak.value is not None]
        if known:
            _, peak, name = max(known, key=lambda item: item[0])
            source = f"{kind}: peak of {words}, reached in phase {name}"
            return Quantity(peak.value, "B", peak.low, peak.high, peak.evidence, source)
        reasons += [peak.reason for peak, _ in peaks]
    return unavailable("B", "; ".join(dict.fromkeys(reasons)) or "no phase recorded its memory")


def _median_of(
    runs: Sequence[ImageRun], value: Callable[[ImageRun], float], missing: str
) -> Quantity:
    """Median over the runs with interval, in seconds. A clock gives no zeros: they mean missing."""
    values = [seconds for seconds in map(value, runs) if seconds > 0.0]
    if not values:
        return unavailable("s", missing)
    centre, low, high = median_interval(values)
    source = f"median of {len(values)} warm run" + "s" * (len(values) > 1)
    if low is None:
        source += ", too few for an interval"
    if flagged := sum(flag_outliers(values)):
        source += f", {flagged} flagged as outlier" + "s" * (flagged > 1)
    return measured(centre, "s", low, high, source)


def _phase_time(phases: Sequence[Phase], name: str) -> Quantity:
    for phase in phases:
        if phase.name == name:
            return measured(phase.wall_s, "s", source="one run")
    return unavailable("s", f"no phase {name} was recorded")


def _first_image(measurement: Measurement) -> Quantity:
    """The first call of the pipeline alone; the whole phase where no cold run was recorded."""
    for run in measurement.runs:
        if run.index == 0 and not run.warm:
            return measured(run.wall_s, "s", source="one run")
    return _phase_time(measurement.phases, "first_image")


def _weights(measurement: Measurement) -> Quantity:
    if measurement.weights is None:
        return unavailable("B", "the weights were not counted")
    return measured(
        float(measurement.weights.total_bytes), "B", source="storages counted in the process"
    )


def _failure_text(measurement: Measurement) -> str:
    words = measurement.outcome.value.replace("_", " ")
    failure = measurement.failure
    return (
        f"{words} in {failure.stage}: {failure.message}" if failure else f"the cell ended: {words}"
    )
