"""Telemetry over time as Plotly figures: one row per unit, phases shaded, peaks kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from profiler.analysis.format import words
from profiler.records.measurement import Measurement, Phase, Trace
from profiler.report.palette import SERIES
from profiler.report.text import shown_unit

BINS = 300
ROW_PX = 190
# The order of the rows; units that are not named follow.
_UNIT_ORDER = ("B", "W", "1", "%", "Hz", "degC", "°C")
_MAX_ROWS = 5
Point = tuple[float, float | None]


def thin(t_s: Sequence[float], values: Sequence[float | None], bins: int = BINS) -> list[Point]:
    """At most two points per bin of time, its lowest and its highest, in their true order.

    A failed sample (None) stays as a gap, once per bin. Every extreme of the series survives.
    """
    points = list(zip(t_s, values, strict=False))
    if len(points) <= 2 * bins:
        return points
    start, span = points[0][0], (points[-1][0] - points[0][0]) or 1.0
    grouped: dict[int, list[Point]] = {}
    for point in points:
        place = min(int((point[0] - start) / span * bins), bins - 1)
        grouped.setdefault(place, []).append(point)
    kept: list[Point] = []
    for group in grouped.values():
        present = [(t, v) for t, v in group if v is not None and math.isfinite(v)]
        chosen: set[Point] = set()
        if present:
            chosen = {min(present, key=_value), max(present, key=_value)}
        gaps = [point for point in group if point[1] is None][:1]
        kept += sorted([*chosen, *gaps], key=_time)
    return kept


def trace_figure(measurement: Measurement) -> dict[str, Any] | None:
    """The figure of one measurement; None where nothing was sampled."""
    trace = measurement.trace
    series = {n: v for n, v in trace.series.items() if any(x is not None for x in v)}
    if not trace.t_s or not series:
        return None
    units = _rows(trace, series)
    zero = min((phase.start_s for phase in measurement.phases), default=trace.t_s[0])
    zero = min(zero, trace.t_s[0])
    data: list[dict[str, Any]] = []
    for row, unit in enumerate(units):
        named = [n for n in series if trace.units.get(n, "") == unit]
        for name in named:
            data.append(_line(trace, name, row, colour=len(data), zero=zero))
    return {"data": data, "layout": _layout(units, measurement.phases, zero)}


def missing_text(measurement: Measurement) -> str:
    """Which sensors gave nothing, and why, as one sentence."""
    missing = [f"{label(name)}: {why}" for name, why in measurement.trace.missing.items()]
    return f"Unavailable: {'; '.join(missing)}." if missing else ""


def label(name: str) -> str:
    """`rss_bytes` as `rss`: the unit stands at the axis."""
    stem = name
    for ending in ("_bytes", "_w", "_hz", "_c", "_percent", "_s", "_j"):
        stem = stem.removesuffix(ending)
    return {"rss": "process memory (RSS)"}.get(stem, words(stem))


def _rows(trace: Trace, series: dict[str, tuple[float | None, ...]]) -> list[str]:
    present = dict.fromkeys(trace.units.get(name, "") for name in series)
    ordered = [u for u in _UNIT_ORDER if u in present]
    return (ordered + [u for u in present if u not in ordered])[:_MAX_ROWS]


def _line(trace: Trace, name: str, row: int, *, colour: int, zero: float) -> dict[str, Any]:
    shown, factor = _shown(trace.units.get(name, ""))
    points = thin(trace.t_s, trace.series[name])
    suffix = "" if row == 0 else str(row + 1)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": escape(label(name)),
        "x": [round(t - zero, 3) for t, _ in points],
        "y": [None if v is None else float(f"{v * factor:.5g}") for _, v in points],
        "line": {"color": SERIES[colour % len(SERIES)], "width": 1.6},
        "hovertemplate": f"%{{y}} {shown}<extra>%{{fullData.name}}</extra>",
        "connectgaps": False,
        "xaxis": "x",
        "yaxis": f"y{suffix}",
    }


def _shown(unit: str) -> tuple[str, float]:
    return {"Hz": ("MHz", 1e-6), "degC": ("°C", 1.0)}.get(unit, shown_unit("", unit))


def _layout(units: list[str], phases: tuple[Phase, ...], zero: float) -> dict[str, Any]:
    rows = len(units)
    gap = 0.3 / max(rows, 1) / 2
    height = (1 - gap * (rows - 1)) / rows
    layout: dict[str, Any] = {
        "height": ROW_PX * rows + 110,
        "hovermode": "x unified",
        "xaxis": {
            "title": {"text": "seconds since the first event"},
            "anchor": f"y{rows if rows > 1 else ''}",
            "hoverformat": ".2f",
        },
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 62, "r": 12, "t": 66, "b": 44},
    }
    for row, unit in enumerate(units):
        top = 1 - row * (height + gap)
        layout["yaxis" if row == 0 else f"yaxis{row + 1}"] = {
            "title": {"text": escape(_shown(unit)[0])},
            "domain": [max(0.0, top - height), top],
            "rangemode": "tozero",
        }
    spans = [phase for phase in phases if phase.end_s > phase.start_s]
    layout["shapes"] = [_shade(p, zero) for i, p in enumerate(spans) if i % 2 == 0]
    layout["annotations"] = _phase_names(spans, zero)
    return layout


def _shade(phase: Phase, zero: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": phase.start_s - zero,
        "x1": phase.end_s - zero,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": "rgba(128,128,128,0.13)",
    }


def _phase_names(spans: list[Phase], zero: float) -> list[dict[str, Any]]:
    """Names over the phases that are long enough to hold one."""
    total = max((p.end_s for p in spans), default=zero) - zero
    return [
        {
            "text": escape(words(p.name)),
            "x": (p.start_s + p.end_s) / 2 - zero,
            "y": 1,
            "xref": "x",
            "yref": "paper",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": 11},
        }
        for p in spans
        if p.end_s - p.start_s > 0.14 * total
    ]


def _value(point: Point) -> float:
    return point[1] if point[1] is not None else 0.0


def _time(point: Point) -> float:
    return point[0]
