"""Which cells are compared with each other, and which of them is the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from profiler.errors import InputError, did_you_mean
from profiler.records.measurement import Outcome
from profiler.records.summary import Summary

Size = tuple[int, int]


def on_device(summaries: Iterable[Summary], device_id: str) -> list[Summary]:
    """The summaries of one device; InputError names the devices that have results."""
    everything = list(summaries)
    found = [summary for summary in everything if summary.device_id == device_id]
    if found:
        return found
    counts = Counter(summary.device_id for summary in everything)
    if not counts:
        raise InputError(
            f"nothing has been measured yet, so there is nothing to recommend for {device_id}; "
            "next: sdprof run quickstart"
        )
    known = ", ".join(f"{name} ({count} cells)" for name, count in sorted(counts.items()))
    raise InputError(
        f"no measurements for the device {device_id!r}{_near(device_id, counts)}; "
        f"devices with results: {known}; next: sdprof run quickstart on that device"
    )


def _near(device_id: str, known: Iterable[str]) -> str:
    hint = did_you_mean(device_id, known)
    return hint if "did you mean" in hint else ""


def model_key(summary: Summary) -> tuple[str, str]:
    """What makes cells comparable: the same model with the same weights."""
    return summary.cell.model, summary.cell.weights


def comparable(
    summaries: Sequence[Summary], model: str | None = None
) -> tuple[list[Summary], list[tuple[str, str]]]:
    """The cells of one model, and the other models that were left out.

    Without `model` it is the one measured last. InputError where the model has no results.
    """
    latest: dict[tuple[str, str], str] = {}
    for summary in summaries:
        if model is None or summary.cell.model == model:
            key = model_key(summary)
            latest[key] = max(latest.get(key, ""), summary.started_at)
    if not latest:
        known = sorted({summary.cell.model for summary in summaries})
        raise InputError(
            f"no measurements of the model {model!r} on this device; "
            f"models with results: {', '.join(known)}"
        )
    chosen = max(latest, key=lambda key: (latest[key], key))
    others = sorted({model_key(summary) for summary in summaries} - {chosen})
    return [summary for summary in summaries if model_key(summary) == chosen], others


def find_baseline(summaries: Sequence[Summary], resolution_px: int | None) -> Summary | None:
    """The cell that the others are compared with, at the resolution if one is given.

    First the one that most measurements name as their baseline, else the plainest: no compression,
    no optimisation, fp32, batch 1, most steps. None where there is no plain cell at all.
    """
    pool = [s for s in summaries if resolution_px is None or size_of(s) == (resolution_px,) * 2]
    named = _named_baseline(summaries, pool)
    if named is not None:
        return named
    plain = [s for s in pool if not s.cell.compression and not s.cell.optimisations]
    return min(plain, key=_plainness) if plain else None


def _named_baseline(summaries: Sequence[Summary], pool: Sequence[Summary]) -> Summary | None:
    """The pool's cell that most summaries point to, by cell or by measurement id."""
    votes = Counter(s.baseline_id for s in summaries if s.baseline_id)
    if not votes:
        return None

    def count(summary: Summary) -> int:
        return votes[summary.cell_id] + sum(votes[i] for i in summary.measurement_ids)

    # Only cells that name no baseline themselves can be one; that also spares hashing the others.
    candidates = [(count(s), s) for s in pool if not s.baseline_id]
    candidates = [pair for pair in candidates if pair[0] > 0]
    if not candidates:
        return None
    return min(candidates, key=lambda pair: (-pair[0], _plainness(pair[1])))[1]


def _plainness(summary: Summary) -> tuple[object, ...]:
    cell = summary.cell
    return (
        summary.outcome is not Outcome.OK,
        cell.precision != "fp32",
        cell.batch_size,
        -cell.steps,
        -cell.width_px * cell.height_px,
        cell.cell_id,
    )


def compared_size(
    summaries: Sequence[Summary], baseline: Summary | None, resolution_px: int | None
) -> Size:
    """(width, height) that is compared: the user's, the baseline's, else the most common one."""
    if resolution_px is not None:
        return resolution_px, resolution_px
    if baseline is not None:
        return size_of(baseline)
    counts = Counter(size_of(summary) for summary in summaries)
    return max(counts, key=lambda size: (counts[size], size))


def size_of(summary: Summary) -> Size:
    """(width, height) of a cell's images in pixels."""
    return summary.cell.width_px, summary.cell.height_px
