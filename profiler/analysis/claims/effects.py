"""Claims about runtime optimisations, each against the same cell without it."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.analysis.claims.evidence import Finding, measured_on, told
from profiler.analysis.claims.rows import Rows, figure, quality
from profiler.analysis.claims.verdict import Judgement, Verdict, decide, relative_loss
from profiler.analysis.compare import NOTICEABLE, ratio_of
from profiler.analysis.format import amount
from profiler.catalogue.claims import AT_LEAST, AT_MOST, Claim
from profiler.records.cell import Scalar
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity, measured
from profiler.records.summary import Summary

# "Costs nothing": a hundredth of the request that it spares.
NOTHING = 0.01
# "As fast as the next": no slower than the slowest later request, by more than a tenth.
AS_FAST = 1.10
_MEASURE = "It can be tested on this machine: sdprof run claims"


def preload(claim: Claim, rows: Rows) -> Judgement:
    """The first request of a warmed-up model against the slowest of the later ones."""
    cell = rows.switched("preload")
    first = None if cell is None else _first_against_next(rows, cell)
    if cell is None or first is None:
        return _unmeasured(claim)
    cold = rows.plain(cell)
    before = None if cold is None else _first_against_next(rows, cold)
    evidence = [_of_effect(rows, cell, "preload", first, "times", _FIRST)]
    if cold is not None and before is not None:
        evidence.append(measured_on(cold, before, "times", f"{_FIRST}, without preloading"))
    without = f"; without preloading, {told(before, 'times')}" if before is not None else ""
    return Judgement(
        claim,
        _as_fast(first),
        f"With preloading the first request takes {told(first, 'times')} the median of the later "
        f"ones{without}.",
        "Judged by the slowest later request: the first one counts as fast where it takes at most "
        "a tenth more than that. The time is not saved but spent before the first request.",
        tuple(evidence),
    )


_FIRST = "first request against the median of the later ones"


def cache(claim: Claim, rows: Rows) -> Judgement:
    """A request that the image cache answers against one that it cannot."""
    cell = rows.switched("image-cache")
    if cell is None:
        return _unmeasured(claim)
    share = ratio_of(figure(cell, "cache_hit_s"), figure(cell, "cache_miss_s"))
    if not share.available:
        return _unmeasured(claim)
    return Judgement(
        claim,
        decide(share, AT_MOST, NOTHING),
        f"A repeated request takes {told(share, 'share')} of the time of a new one "
        f"({told(figure(cell, 'cache_hit_s'))} against {told(figure(cell, 'cache_miss_s'))}).",
        "Nothing is taken to be a hundredth. The same prompt gives the same image again: prompt, "
        "seed and settings are the key. In a service the gain is the share of repeated requests, "
        "which no benchmark can tell.",
        (
            _of_effect(rows, cell, "image-cache", share, "share", "of a new request"),
            measured_on(cell, figure(cell, "cache_hit_s"), "", "a hit"),
            measured_on(cell, figure(cell, "cache_miss_s"), "", "a miss"),
        ),
    )


def batch(claim: Claim, rows: Rows) -> Judgement:
    """Images a second in batches of three against one at a time."""
    cells = [
        s
        for s in rows.ok()
        if s.cell.batch_size == 3 and not s.cell.compression and not s.cell.optimisations
    ]
    pairs = [(cell, rows.twin(cell, batch_size=1)) for cell in cells]
    gains = [
        (cell, ratio_of(*(figure(s, "throughput_images_per_s") for s in (cell, single))))
        for cell, single in pairs
        if single is not None
    ]
    if not gains:
        return _unmeasured(claim)
    cell, gain = gains[0]
    return Judgement(
        claim,
        decide(gain, AT_LEAST, 1 + NOTICEABLE),
        f"A batch of 3 gives {told(gain, 'times')} the images a second of single requests.",
        f"Judged for tiny-sd on {rows.device_name}; less than 1 % counts as no gain. A batch pays "
        "where a single image leaves units idle, as on a large GPU; it always takes more memory, "
        "and every image waits for the whole batch.",
        (
            measured_on(cell, gain, "times", "images a second, against batch 1"),
            measured_on(cell, figure(cell, "peak_memory_bytes"), "", "peak memory"),
        ),
    )


def dynamic_resolution(claim: Claim, rows: Rows) -> Judgement:
    """Time an image with sizes by complexity against full size for all."""
    cell = rows.switched("dynamic-resolution")
    base = None if cell is None else rows.plain(cell)
    if cell is None or base is None:
        return _unmeasured(claim)
    share = ratio_of(*(figure(s, "latency_s_per_image") for s in (cell, base)))
    loss = relative_loss(quality(cell), quality(base))
    return Judgement(
        claim,
        decide(share, AT_MOST, 1 - NOTICEABLE),
        f"An image takes {told(share, 'share')} of the time at full size, and the prompt alignment "
        f"loses {told(loss, 'share')}.",
        "Judged for tiny-sd and its prompts, by the median over them. Fewer pixels are less work; "
        "that a short prompt needs fewer of them is an assumption, and the user gets a smaller "
        "image.",
        (
            _of_effect(rows, cell, "dynamic-resolution", share, "share", "of the time"),
            measured_on(cell, loss, "share", "relative loss of prompt alignment"),
        ),
    )


def gradient_checkpointing(claim: Claim, rows: Rows) -> Judgement:
    """No activation is kept for a backward pass at inference, so there is nothing to spare."""
    cell = rows.switched("gradient-checkpointing", Outcome.NO_EFFECT, Outcome.OK)
    if cell is None:
        return _unmeasured(claim)
    base = rows.plain(cell)
    memory = figure(cell, "peak_memory_bytes")
    share = ratio_of(memory, figure(base, "peak_memory_bytes")) if base is not None else memory
    none = cell.outcome is Outcome.NO_EFFECT
    less = base is not None and share.value is not None and share.value <= 0.95
    told_share = (
        f" Peak memory is {told(share, 'share')} of that without it."
        if base is not None and share.available
        else ""
    )
    message = cell.failure.message if cell.failure is not None else "it changed something"
    why = message.rpartition("has no effect here: ")[2]
    evidence = [measured_on(cell, None, "", f"outcome: {cell.outcome.value}; {why}")]
    if base is not None and share.available:
        evidence.append(measured_on(cell, share, "share", "of the peak memory without it"))
    return Judgement(
        claim,
        Verdict.FAILS if none else Verdict.HOLDS if less else Verdict.UNCERTAIN,
        f"sdprof reports {'no effect' if none else 'an effect'}: {why}.{told_share}",
        "Checkpointing throws activations away that a backward pass would need, and computes them "
        "again. Inference has no backward pass and keeps none of them. Differences of a few per "
        "cent in the memory of a process are the allocator's.",
        tuple(evidence),
    )


def release(claim: Claim, rows: Rows) -> Judgement:
    """What is held before and after a model was given up, as the optimisation told it.

    On a GPU the share of the reserved VRAM counts. A process holds much more than its model (the
    interpreter, libraries), so that on a CPU what came back counts against the model's weights.
    """
    cell = rows.switched("release-memory")
    effect = None if cell is None else rows.effect(cell, "release-memory")
    ends = None if effect is None else _before_and_after(effect.details)
    if cell is None or ends is None:
        return _unmeasured(claim)
    before, after, vram = ends
    weights = figure(cell, "weights_bytes").value
    whole, of_what = (before, "the reserved VRAM") if vram else (weights, "the model's weights")
    if not whole:
        return _unmeasured(claim)
    quantity = measured((before - after) / whole, "1", source="one release in the process")
    return Judgement(
        claim,
        _released((before - after) / whole),
        f"{amount(before, 'B')} were held before and {amount(after, 'B')} after; what came back is "
        f"{told(quantity, 'share')} of {of_what}.",
        "Two thirds have to come back for the claim to hold. Libraries, the interpreter and, on a "
        "GPU, the context stay until the process ends."
        + ("" if vram else " This machine has no VRAM: judged by the memory of the process."),
        (_of_effect(rows, cell, "release-memory", quantity, "share", f"of {of_what} came back"),),
    )


def _released(share: float) -> Verdict:
    if share >= 2 / 3:
        return Verdict.HOLDS
    return Verdict.FAILS if share <= 1 / 3 else Verdict.UNCERTAIN


def _before_and_after(details: Mapping[str, Scalar]) -> tuple[float, float, bool] | None:
    """Bytes held before and after, and whether they are VRAM; None where they are not told."""
    for kind in ("reserved", "rss"):
        ends = [details.get(f"{kind}_{end}_bytes") for end in ("before", "after")]
        numbers = [float(end) for end in ends if isinstance(end, (int, float))]
        if len(numbers) == 2:
            return numbers[0], numbers[1], kind == "reserved"
    return None


def _as_fast(first: Quantity) -> Verdict:
    """Against the slowest of the later requests, which is the low end."""
    if first.low is None:
        return Verdict.UNCERTAIN
    return Verdict.HOLDS if first.low <= AS_FAST else Verdict.FAILS


def _first_against_next(rows: Rows, cell: Summary) -> Quantity | None:
    """The first request against the median of the later; the slowest later one widens the scale.

    The interval is [first / slowest, first / quickest] of the later requests.
    """
    first, later = figure(cell, "first_image_s"), figure(cell, "latency_s_per_batch")
    if first.value is None or later.value is None:
        return None
    measurement = rows.measurements.get(cell.cell_id)
    times = [run.wall_s for run in measurement.warm_runs()] if measurement is not None else []
    slow, quick = (max(times), min(times)) if times else (later.high, later.low)
    low = first.value / slow if slow else None
    high = first.value / quick if quick else None
    return measured(first.value / later.value, "1", low, high, "one first request")


def _of_effect(
    rows: Rows, cell: Summary, method: str, quantity: Quantity, kind: str, note: str
) -> Finding:
    """A finding with what the optimisation told of itself."""
    effect = rows.effect(cell, method)
    if effect is None:
        return measured_on(cell, quantity, kind, note)
    details = [
        f"{name.replace('_', ' ')} {_short(value)}" for name, value in effect.details.items()
    ]
    uses = [f"used {effect.uses} times"] if effect.uses is not None else []
    return measured_on(cell, quantity, kind, "; ".join([note, *uses, *details]))


def _short(value: Scalar) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if whole else str(value)


def _unmeasured(claim: Claim) -> Judgement:
    return Judgement(claim, Verdict.UNMEASURED, "It was not measured on this device.", _MEASURE)
