"""Summaries as flat rows: a column per fact, units in the names, evidence beside each figure.

A figure `x` has the columns x, x_low, x_high (95 % interval), x_evidence, x_source and x_reason
(why it is unavailable). A quality metric has its unit, if any, at the end of its name, as in
`quality_psnr_db`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from profiler.records.cell import MethodUse
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import FIGURES, Summary
from profiler.store.plain import finite

Value = str | float | int | None

# Column name to what it holds: "text", "int", "float" or "time" (ISO 8601 with offset).
_FACTS: Mapping[str, str] = {
    "cell_id": "text",
    "device_id": "text",
    "environment_id": "text",
    "suite": "text",
    "measurement_id": "text",
    "started_at": "time",
    "outcome": "text",
    "model": "text",
    "weights": "text",
    "precision": "text",
    "compression": "text",
    "optimisations": "text",
    "width_px": "int",
    "height_px": "int",
    "batch_size": "int",
    "steps": "int",
    "scheduler": "text",
    "guidance": "float",
    "seed": "int",
    "validity": "text",
    "failure_stage": "text",
    "failure_message": "text",
    "baseline_id": "text",
}
_PARTS: Mapping[str, str] = {
    "": "float",
    "_low": "float",
    "_high": "float",
    "_evidence": "text",
    "_source": "text",
    "_reason": "text",
}


@dataclass(frozen=True)
class Table:
    """Column names with their kinds, and rows with a value for every column."""

    kinds: Mapping[str, str]
    rows: Sequence[Mapping[str, Value]]


def table_of(summaries: Iterable[Summary]) -> Table:
    """All facts and figures of the summaries; the figures' columns are always there.

    Quality columns are there for each metric that any summary has; where a summary has none, its
    evidence is "unavailable" with the reason.
    """
    given = list(summaries)
    metrics: dict[str, str] = {}
    for summary in given:
        for metric, quantity in summary.quality.items():
            metrics.setdefault(metric, quantity.unit)
    kinds = dict(_FACTS)
    names = [*FIGURES, *(quality_column(metric, unit) for metric, unit in metrics.items())]
    kinds |= {name + part: kind for name in names for part, kind in _PARTS.items()}
    return Table(kinds, [_row(summary, metrics) for summary in given])


def quality_column(metric: str, unit: str) -> str:
    """`quality_psnr_db` for a metric in dB; a metric without a unit keeps its name alone."""
    suffix = "" if unit in {"", "1"} else "_" + unit.lower().replace("/", "_per_")
    return f"quality_{metric}{suffix}".replace("-", "_")


def _row(summary: Summary, metrics: Mapping[str, str]) -> dict[str, Value]:
    row = _facts(summary)
    for name, (unit, _) in FIGURES.items():
        missing = unavailable(unit, "not part of this summary")
        row |= _columns(name, summary.figures.get(name, missing))
    for metric, unit in metrics.items():
        missing = unavailable(unit, _why_no_quality(summary))
        row |= _columns(quality_column(metric, unit), summary.quality.get(metric, missing))
    return row


def _facts(summary: Summary) -> dict[str, Value]:
    cell, failure = summary.cell, summary.failure
    return {
        "cell_id": summary.cell_id,
        "device_id": summary.device_id,
        "environment_id": summary.environment_id,
        "suite": summary.suite,
        "measurement_id": " ".join(summary.measurement_ids),
        "started_at": summary.started_at,
        "outcome": summary.outcome.value,
        "model": cell.model,
        "weights": cell.weights,
        "precision": cell.precision,
        "compression": _chain(cell.compression),
        "optimisations": _chain(cell.optimisations),
        "width_px": cell.width_px,
        "height_px": cell.height_px,
        "batch_size": cell.batch_size,
        "steps": cell.steps,
        "scheduler": cell.scheduler,
        "guidance": cell.guidance,
        "seed": cell.seed,
        "validity": " ".join(summary.validity),
        "failure_stage": failure.stage if failure else "",
        "failure_message": failure.message if failure else "",
        "baseline_id": summary.baseline_id,
    }


def _chain(uses: Sequence[MethodUse]) -> str:
    """`none`, or methods in their order: `prune(ratio=0.3) on unet, absmax-int8 on unet+vae`."""
    texts = (
        f"{use.label()} on {'+'.join(use.components)}" if use.components else use.label()
        for use in uses
    )
    return ", ".join(texts) or "none"


def _columns(name: str, quantity: Quantity) -> dict[str, Value]:
    shown = finite(quantity)
    values = (shown.value, shown.low, shown.high, shown.evidence.value, shown.source, shown.reason)
    return {name + part: value for part, value in zip(_PARTS, values, strict=True)}


def _why_no_quality(summary: Summary) -> str:
    if summary.failure is not None:
        return f"{summary.outcome.value} in {summary.failure.stage}"
    return "this metric was not computed for this cell"
