"""The comparison table: one row per cell; settings that are the same in all cells can be hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.analysis.compare import Verdict, ratio_of, verdict
from profiler.analysis.format import number
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import Candidate, Recommendation, Summary
from profiler.report.gather import DeviceRows
from profiler.report.labels import SETTINGS, settings, varying
from profiler.report.text import (
    DASH,
    EVIDENCE_MARKS,
    EVIDENCE_WORDS,
    FIGURES,
    TIMES,
    count,
    evidence_title,
    heading,
    interval,
    shown_unit,
)

LATENCY = "latency_s_per_image"
NUMERIC = frozenset({"batch", "steps", "guidance"})
OUTCOME_WORDS = {
    Outcome.OK: "OK",
    Outcome.TIMEOUT: "time-out",
    Outcome.OUT_OF_MEMORY: "out of memory",
    Outcome.CRASH: "crash",
    Outcome.UNSUPPORTED: "not supported",
    Outcome.INVALID_OUTPUT: "invalid output",
    Outcome.ERROR: "error",
    Outcome.NO_EFFECT: "no effect",
}
_VERDICT_CLASS = {Verdict.BETTER: "better", Verdict.WORSE: "worse"}


def table(device: DeviceRows, names: Mapping[str, str]) -> dict[str, Any]:
    """Columns, rows and what is said around the table.

    A cell of the table is a dict: `classes`, `attrs` (pairs), `text`, `small` (0 or 1 texts),
    `marks` (0 or 1 of letter and title), `hidden` (0 or 1 texts for screen readers only).
    """
    shown = varying(s.cell for s in device.summaries) | {"compression"}
    metrics = _metrics(device.summaries)
    baselines = {s.cell_id: s for s in device.summaries}
    baselines |= {i: s for s in device.summaries for i in s.measurement_ids}
    usual = device.baseline()
    candidates = _candidates(device.recommendation)
    rows = []
    for summary in device.summaries:
        candidate = candidates.get(summary.cell_id)
        # The recommendation's ratio where it has one, so that the page says one thing.
        told = candidate.against_baseline.get(LATENCY) if candidate is not None else None
        base = baselines.get(summary.baseline_id) or usual
        rows.append(
            {
                "head": _head(summary, names[summary.cell_id], usual, candidate),
                "cells": [
                    _rank(candidate),
                    _outcome(summary),
                    *_figure_cells(summary, told or _against_own(summary, base)),
                    *(_quality(summary, name) for name in metrics),
                    *_setting_cells(summary, shown),
                ],
                "outcome": summary.outcome.value,
            }
        )
    return {
        "columns": _columns(shown, metrics),
        "rows": rows,
        "same": _same(device, shown),
        "outcomes": _outcomes(device.summaries),
        "total": count(len(rows), "configuration"),
        "marks": [{"mark": EVIDENCE_MARKS[e], "words": EVIDENCE_WORDS[e]} for e in EVIDENCE_MARKS],
    }


def _columns(shown: frozenset[str], metrics: Mapping[str, str]) -> list[dict[str, str]]:
    """All columns but the first; `kind` is how they sort."""
    columns = [_column("Rank", "", "number"), _column("Outcome", "", "text")]
    for figure in FIGURES:
        columns.append(_column(figure.heading, figure.unit, "number"))
        if figure.name == LATENCY:
            columns.append(_column("Against baseline", TIMES, "number"))
    columns += [
        _column(heading(name), shown_unit(name, unit)[0], "number")
        for name, unit in metrics.items()
    ]
    return columns + [
        _column(
            title,
            "",
            "number" if name in NUMERIC else "text",
            f"setting {_hide(name, shown)}".strip(),
        )
        for name, title in SETTINGS
    ]


def _column(title: str, unit: str, kind: str, classes: str = "") -> dict[str, str]:
    return {"heading": title, "unit": unit, "kind": kind, "classes": f"{classes} {kind}".strip()}


def _hide(name: str, shown: frozenset[str]) -> str:
    return "" if name in shown else "constant"


def _metrics(summaries: tuple[Summary, ...]) -> dict[str, str]:
    """Metric to unit, in the order in which they are met."""
    return {name: q.unit for summary in summaries for name, q in summary.quality.items()}


def _candidates(recommendation: Recommendation | None) -> dict[str, Candidate]:
    if recommendation is None:
        return {}
    both = (*recommendation.rejected, *recommendation.accepted)
    return {candidate.summary.cell_id: candidate for candidate in both}


def _head(
    summary: Summary, name: str, baseline: Summary | None, candidate: Candidate | None
) -> dict[str, Any]:
    badges = []
    accepted = candidate is not None and not candidate.broken_limits
    if accepted and candidate is not None and candidate.rank == 1:
        badges.append({"text": "recommended", "classes": "best"})
    if baseline is not None and summary.cell_id == baseline.cell_id:
        badges.append({"text": "baseline", "classes": "base"})
    if candidate is not None and candidate.on_pareto_front:
        badges.append({"text": "Pareto", "classes": "front"})
    return {
        "text": name,
        "badges": badges,
        "cell_id": summary.cell_id,
    }


def _setting_cells(summary: Summary, shown: frozenset[str]) -> list[dict[str, Any]]:
    values = settings(summary.cell)
    return [
        _plain(values[name], f"t {'n' if name in NUMERIC else ''} {_hide(name, shown)}".strip())
        for name, _ in SETTINGS
    ]


def _rank(candidate: Candidate | None) -> dict[str, Any]:
    if candidate is None:
        return _dash("was not considered in the recommendation")
    if candidate.broken_limits:
        return _dash("; ".join(candidate.broken_limits))
    tied = " tied" if candidate.tied_with_best else ""
    cell = _plain(str(candidate.rank), "n", str(candidate.rank))
    return {**cell, "small": [tied.strip()] if tied else []}


def _outcome(summary: Summary) -> dict[str, Any]:
    text = OUTCOME_WORDS.get(summary.outcome, summary.outcome.value)
    cell = _plain(text, "t ok" if summary.outcome is Outcome.OK else "t bad")
    return {**cell, "small": [", ".join(summary.validity)] if summary.validity else []}


def _figure_cells(summary: Summary, ratio: Quantity) -> list[dict[str, Any]]:
    cells = []
    for figure in FIGURES:
        quantity = summary.figures.get(figure.name) or _absent(summary)
        cells.append(_quantity(quantity, figure.factor))
        if figure.name == LATENCY:
            cells.append(_ratio(ratio))
    return cells


def _against_own(summary: Summary, base: Summary | None) -> Quantity:
    if base is None:
        return unavailable("1", "there is no baseline")
    latency, other = (s.figures.get(LATENCY) or _absent(s) for s in (summary, base))
    return ratio_of(latency, other)


def _ratio(ratio: Quantity) -> dict[str, Any]:
    judged = _VERDICT_CLASS.get(verdict(ratio, "lower"), "")
    cell = _quantity(ratio, 1.0)
    return {**cell, "classes": f"{cell['classes']} {judged}".strip()}


def _quality(summary: Summary, name: str) -> dict[str, Any]:
    quantity = summary.quality.get(name) or _absent(summary)
    return _quantity(quantity, shown_unit(name, quantity.unit)[1])


def _absent(summary: Summary) -> Quantity:
    if summary.outcome is Outcome.OK:
        return unavailable("", "was not measured in this cell")
    return unavailable("", f"the cell ended with: {OUTCOME_WORDS[summary.outcome]}")


def _quantity(quantity: Quantity, factor: float) -> dict[str, Any]:
    if quantity.value is None:
        return _dash(quantity.reason)
    bounds = interval(quantity, factor)
    mark = EVIDENCE_MARKS.get(quantity.evidence, "?")
    return {
        **_plain(number(quantity.value * factor), "n", f"{quantity.value:.6g}"),
        "small": [bounds] if bounds else [],
        "marks": [{"mark": mark, "title": evidence_title(quantity)}],
    }


def _plain(text: str, classes: str, sort: str = "") -> dict[str, Any]:
    attrs = [("data-v", sort)] if sort else []
    return {
        "classes": classes,
        "attrs": attrs,
        "text": text,
        "small": [],
        "marks": [],
        "hidden": [],
    }


def _dash(reason: str) -> dict[str, Any]:
    """An unavailable figure: a dash, the reason as tooltip and for screen readers; sorts last."""
    cell = _plain(DASH, "n na")
    return {**cell, "attrs": [("title", reason)], "hidden": [f"unavailable: {reason}"]}


def _same(device: DeviceRows, shown: frozenset[str]) -> list[dict[str, str]]:
    if not device.summaries:
        return []
    values = settings(device.summaries[0].cell)
    return [
        {"name": title.lower(), "value": values[name]}
        for name, title in SETTINGS
        if name not in shown
    ]


def _outcomes(summaries: tuple[Summary, ...]) -> list[dict[str, str]]:
    present = dict.fromkeys(s.outcome for s in summaries)
    return [
        {
            "value": outcome.value,
            "text": f"{OUTCOME_WORDS[outcome]} ({sum(s.outcome is outcome for s in summaries)})",
        }
        for outcome in present
    ]
