"""The recommendation for one device as a view: headline, reasons, ties, what was rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.analysis.compare import ratio_of
from profiler.analysis.format import SHARES, amount, number, words
from profiler.records.quantity import Quantity
from profiler.records.summary import Candidate, Limits, Recommendation, Summary
from profiler.report.text import (
    DASH,
    FIGURES,
    MEBI,
    count,
    evidence_title,
    heading,
    interval,
    shown_unit,
    times,
)

SHOWN_REJECTED = 12
SHOWN_TIES = 8


def headline(
    recommendation: Recommendation | None,
    names: Mapping[str, str],
    baseline: Summary | None,
) -> dict[str, Any]:
    """The view; every list may be empty, `ties`, `notes` and `rejected` hold at most one group."""
    view: dict[str, Any] = {
        "title": "No configuration can be recommended",
        "summary": "",
        "cards": [],
        "reasons": [],
        "notes": [],
        "ties": [],
        "rejected": [],
    }
    if recommendation is None:
        view["summary"] = "No recommendation was asked for."
        return view
    view["notes"] = [list(recommendation.notes)] if recommendation.notes else []
    view["rejected"] = _rejected(recommendation, names)
    asked = f"Objective: {recommendation.objective}. {limits_text(recommendation.limits)}"
    view["summary"] = asked
    if not recommendation.accepted:
        view["reasons"] = ["No measured configuration gave valid images within the limits."]
        return view
    best = min(recommendation.accepted, key=lambda candidate: candidate.rank)
    view["title"] = names.get(best.summary.cell_id, best.summary.cell.label())
    view["cards"] = _cards(best, baseline)
    view["reasons"] = list(best.reasons)
    view["ties"] = _ties(recommendation, best, names)
    return view


def limits_text(limits: Limits) -> str:
    """The user's bounds in words."""
    parts = []
    if limits.max_latency_s is not None:
        parts.append(f"at most {number(limits.max_latency_s)} s per batch")
    if limits.max_memory_bytes is not None:
        parts.append(f"at most {number(limits.max_memory_bytes / MEBI)} MiB")
    if limits.min_quality is not None:
        name = limits.quality_metric
        least = amount(limits.min_quality, "1" if name in SHARES else "", name=name)
        parts.append(f"{words(name or 'quality')} of at least {least}")
    if limits.resolution_px is not None:
        parts.append(f"resolution {limits.resolution_px} px")
    return f"Limits: {', '.join(parts)}." if parts else "No limits were set."


def _cards(best: Candidate, baseline: Summary | None) -> list[dict[str, Any]]:
    """The winner's main figures, each with its ratio to the baseline."""
    summary = best.summary
    shown = [(f.name, f.heading, f.unit, f.factor) for f in FIGURES]
    cards = [
        _card(title, summary.figures[name], unit, factor, _against(best, name, baseline))
        for name, title, unit, factor in shown
        if name in summary.figures
    ]
    return cards + [
        _card(heading(name), quantity, *shown_unit(name, quantity.unit), None)
        for name, quantity in summary.quality.items()
    ]


def _card(
    title: str, quantity: Quantity, unit: str, factor: float, against: Quantity | None
) -> dict[str, Any]:
    if quantity.value is None:
        return {
            "heading": title,
            "value": DASH,
            "unit": "",
            "notes": [quantity.reason],
            "title": "unavailable",
        }
    bounds = interval(quantity, factor)
    note = [f"{times(against)} baseline"] if against and against.available else []
    note += [f"95 %: {bounds}"] if bounds else []
    return {
        "heading": title,
        "value": number(quantity.value * factor),
        "unit": unit,
        "notes": note,
        "title": evidence_title(quantity),
    }


def _against(best: Candidate, name: str, baseline: Summary | None) -> Quantity | None:
    if name in best.against_baseline:
        return best.against_baseline[name]
    if baseline is None or baseline.cell_id == best.summary.cell_id:
        return None
    base = baseline.figures.get(name)
    return ratio_of(best.summary.figures[name], base) if base is not None else None


def _ties(
    recommendation: Recommendation, best: Candidate, names: Mapping[str, str]
) -> list[list[str]]:
    tied = [c for c in recommendation.accepted if c.tied_with_best and c is not best]
    shown = [names.get(c.summary.cell_id, c.summary.cell.label()) for c in tied[:SHOWN_TIES]]
    if len(tied) > SHOWN_TIES:
        shown.append(f"and {len(tied) - SHOWN_TIES:,} more")
    return [shown] if shown else []


def _rejected(recommendation: Recommendation, names: Mapping[str, str]) -> list[dict[str, Any]]:
    rejected = recommendation.rejected
    if not rejected:
        return []
    rows = [
        {
            "name": names.get(c.summary.cell_id, c.summary.cell.label()),
            "why": "; ".join(c.broken_limits or c.reasons) or c.summary.outcome.value,
        }
        for c in rejected[:SHOWN_REJECTED]
    ]
    intro = f"{count(len(rejected), 'configuration')} rejected"
    if len(rejected) > SHOWN_REJECTED:
        intro += f"; the first {SHOWN_REJECTED} here, all in the table below"
    return [{"intro": intro, "rows": rows}]
