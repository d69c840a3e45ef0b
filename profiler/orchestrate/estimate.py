"""How long a cell may take, from what is stored of it or of cells like it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from profiler.catalogue.naming import cell_label
from profiler.records.cell import Cell
from profiler.records.quantity import Evidence, Quantity, unavailable
from profiler.records.suite import MeasureSpec, QualitySpec
from profiler.records.summary import Summary


def estimate_s(
    cell: Cell,
    summaries: Iterable[Summary],
    device_id: str,
    measure: MeasureSpec,
    quality: QualitySpec,
) -> Quantity:
    """Seconds for the whole cell. `low` is for the fewest repeats, `high` for the most.

    From the cell itself where this device has measured it, else from the most similar cell of the
    same model, scaled by the work of a call (pixels x batch x steps).
    """
    usable = [s for s in summaries if s.device_id == device_id and _call_s(s) is not None]
    same = [s for s in usable if s.cell_id == cell.cell_id]
    if same:
        source = "an earlier measurement of this cell"
        return _from(same[0], cell, 1.0, measure=measure, quality=quality, source=source)
    alike = [s for s in usable if s.cell.model == cell.model and s.cell.weights == cell.weights]
    if not alike:
        return unavailable("s", f"no cell of {cell.model} was measured on this device yet")
    nearest = min(alike, key=lambda s: _distance(s.cell, cell))
    scale = _work(cell) / _work(nearest.cell)
    source = f"{cell_label(nearest.cell)}, scaled"
    return _from(nearest, cell, scale, measure=measure, quality=quality, source=source)


def total_s(estimates: Sequence[Quantity]) -> Quantity:
    """The sum; unavailable while nothing is known of any of them."""
    known = [(q.value, q.low, q.high) for q in estimates if q.value is not None]
    if not known:
        return unavailable("s", "nothing like these cells was measured on this device yet")
    # Cells of which nothing is known are taken for average ones.
    factor = len(estimates) / len(known)
    value = factor * sum(v for v, _, _ in known)
    low = factor * sum(v if lo is None else lo for v, lo, _ in known)
    high = factor * sum(v if hi is None else hi for v, _, hi in known)
    source = f"sum over {len(estimates)} cells, {len(known)} of them with an estimate of their own"
    return Quantity(value, "s", low, high, Evidence.PREDICTED, source)


def _from(
    summary: Summary,
    cell: Cell,
    scale: float,
    *,
    measure: MeasureSpec,
    quality: QualitySpec,
    source: str,
) -> Quantity:
    call = (_call_s(summary) or 0.0) * scale
    first = summary.figures.get("first_image_s")
    load = summary.figures.get("load_s")
    once = (load.value if load and load.value else 0.0) + (
        first.value * scale if first and first.value else call
    )
    images = min(quality.images, len(cell.prompts))

    def whole(repeats: int) -> float:
        calls = max(measure.warmup + repeats, -(-images // cell.batch_size) - 1)
        return once + calls * call

    low, high = whole(measure.min_repeats), whole(measure.max_repeats)
    return Quantity(
        low,
        "s",
        low,
        min(high, max(measure.timeout_s, low)),
        Evidence.PREDICTED,
        f"{source}; {_repeats(measure)}",
    )


def _repeats(measure: MeasureSpec) -> str:
    low, high = measure.min_repeats, measure.max_repeats
    return f"{low} repeats" if low == high else f"{low} to {high} repeats"


def _call_s(summary: Summary) -> float | None:
    figure = summary.figures.get("latency_s_per_batch")
    return figure.value if figure else None


def _work(cell: Cell) -> float:
    return float(cell.width_px * cell.height_px * cell.batch_size * cell.steps)


def _distance(one: Cell, other: Cell) -> tuple[bool, bool, bool, float]:
    ratio = _work(one) / _work(other)
    return (
        one.precision != other.precision,
        one.compression != other.compression,
        one.optimisations != other.optimisations,
        max(ratio, 1 / ratio),
    )
