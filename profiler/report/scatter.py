"""Latency against memory, coloured by a quality metric, with the Pareto front marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from profiler.analysis.format import number
from profiler.records.quantity import Quantity
from profiler.records.summary import Summary
from profiler.report.gather import DeviceRows
from profiler.report.palette import INK, MUTED, SCALE
from profiler.report.text import MEBI, count, heading, shown_unit

_ERROR_BARS_UP_TO = 60
_LOG_FROM_RATIO = 20.0

Point = tuple[Summary, float, float]


def scatter_figures(
    device: DeviceRows, names: Mapping[str, str]
) -> tuple[list[dict[str, Any]], str]:
    """One option per quality metric (label, figure), and a note on what is not shown."""
    points = _points(device.summaries)
    missing = len(device.summaries) - len(points)
    note = ""
    if missing:
        note = f"{count(missing, 'configuration')} without latency or memory not shown."
    if not points:
        return [], note
    # The metric that the recommendation goes by is shown first: divergence is not quality.
    first = device.recommendation.limits.quality_metric if device.recommendation else ""
    named = dict.fromkeys(name for summary, _, _ in points for name in summary.quality)
    metrics = sorted(named, key=lambda name: name != first)
    options = [
        {
            "label": heading(name),
            "figure": _figure(device, points, names, name),
            "note": "",
        }
        for name in metrics
        if any(_value(s.quality.get(name)) is not None for s, _, _ in points)
    ]
    if not options:
        options = [{"label": "none", "figure": _figure(device, points, names, ""), "note": ""}]
    return options, note


def _points(summaries: Iterable[Summary]) -> list[Point]:
    found = []
    for summary in summaries:
        memory = _value(summary.figures.get("peak_memory_bytes"))
        latency = _value(summary.figures.get("latency_s_per_image"))
        if memory is not None and latency is not None:
            found.append((summary, memory / MEBI, latency))
    return found


def _value(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.value


def _figure(
    device: DeviceRows, points: list[Point], names: Mapping[str, str], metric: str
) -> dict[str, Any]:
    known = [p for p in points if _value(p[0].quality.get(metric)) is not None]
    unknown = [p for p in points if _value(p[0].quality.get(metric)) is None]
    roles = _roles(device)
    data = []
    if known:
        data.append(_coloured(known, names, roles, metric))
    if unknown:
        data.append(_grey(unknown, names, roles, metric))
    if len(points) <= _ERROR_BARS_UP_TO:
        for trace, group in zip(data, [g for g in (known, unknown) if g], strict=True):
            trace["error_y"] = _error_bars(group)
    data += _legend(roles, points)
    layout = {
        "height": 460,
        "hovermode": "closest",
        "xaxis": _axis("peak memory, MiB", [p[1] for p in points]),
        "yaxis": _axis("latency, s/image", [p[2] for p in points]),
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 62, "r": 12, "t": 56, "b": 48},
    }
    return {"data": data, "layout": layout}


def _roles(device: DeviceRows) -> dict[str, str]:
    """cell_id to "best", "baseline" or "front", the first that holds."""
    roles: dict[str, str] = {}
    if device.recommendation is not None:
        candidates = (*device.recommendation.rejected, *device.recommendation.accepted)
        roles = {c.summary.cell_id: "front" for c in candidates if c.on_pareto_front}
    if (baseline := device.baseline()) is not None:
        roles[baseline.cell_id] = "baseline"
    if device.recommendation is not None:
        best = [c for c in device.recommendation.accepted if c.rank == 1]
        roles |= {c.summary.cell_id: "best" for c in best}
    return roles


def _front(device_roles: Mapping[str, str], cell_id: str) -> bool:
    return device_roles.get(cell_id) in {"front", "best"}


_SYMBOLS = {"best": "diamond", "baseline": "square"}
_SIZES = {"best": 16, "baseline": 13, "front": 12}


def _marker(points: list[Point], roles: Mapping[str, str]) -> dict[str, Any]:
    ids = [summary.cell_id for summary, _, _ in points]
    return {
        "symbol": [_SYMBOLS.get(roles.get(i, ""), "circle") for i in ids],
        "size": [_SIZES.get(roles.get(i, ""), 9) for i in ids],
        "line": {
            "width": [2.4 if _front(roles, i) else 1.0 for i in ids],
            "color": [INK if _front(roles, i) else MUTED for i in ids],
        },
        "opacity": 1,
    }


def _trace(points: list[Point], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [float(f"{memory:.5g}") for _, memory, _ in points],
        "y": [float(f"{latency:.5g}") for _, _, latency in points],
        "text": [escape(names.get(s.cell_id, s.cell.label())) for s, _, _ in points],
    }


_HOVER = "<b>%{text}</b><br>latency %{y} s/image<br>peak memory %{x} MiB"


def _coloured(
    points: list[Point], names: Mapping[str, str], roles: Mapping[str, str], metric: str
) -> dict[str, Any]:
    quantities = [summary.quality[metric] for summary, _, _ in points]
    unit, factor = shown_unit(metric, quantities[0].unit)
    title = escape(heading(metric))
    colours = [float(f"{(q.value or 0.0) * factor:.4g}") for q in quantities]
    marker = _marker(points, roles) | {
        "color": colours,
        "colorscale": SCALE,
        "showscale": True,
        "colorbar": {
            "title": {"text": f"{title}{', ' + unit if unit else ''}", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
        },
    }
    if min(colours) == max(colours):
        # One value only: a scale around it instead of one of no width.
        marker |= {"cmin": colours[0] - 1, "cmax": colours[0] + 1}
    hover = f"{_HOVER}<br>{title} %{{marker.color}} {unit}<extra></extra>"
    return {**_trace(points, names), "name": title, "marker": marker, "hovertemplate": hover}


def _grey(
    points: list[Point], names: Mapping[str, str], roles: Mapping[str, str], metric: str
) -> dict[str, Any]:
    title = escape(heading(metric)) if metric else "quality"
    marker = _marker(points, roles)
    marker["symbol"] = [f"{symbol}-open" for symbol in marker["symbol"]]
    marker["color"] = marker["line"]["color"]
    return {
        **_trace(points, names),
        "name": f"{title} unavailable",
        "customdata": [escape(_reason(s.quality.get(metric))) for s, _, _ in points],
        "marker": marker,
        "hovertemplate": f"{_HOVER}<br>{title} unavailable: %{{customdata}}<extra></extra>",
    }


def _reason(quantity: Quantity | None) -> str:
    return quantity.reason if quantity is not None else "was not measured"


def _error_bars(points: list[Point]) -> dict[str, Any]:
    quantities = [summary.figures["latency_s_per_image"] for summary, _, _ in points]
    up = [0.0 if q.high is None or q.value is None else q.high - q.value for q in quantities]
    down = [0.0 if q.low is None or q.value is None else q.value - q.low for q in quantities]
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, float(f"{x:.3g}")) for x in up],
        "arrayminus": [max(0.0, float(f"{x:.3g}")) for x in down],
        "color": MUTED,
        "thickness": 1,
        "width": 3,
    }


def _legend(roles: Mapping[str, str], points: list[Point]) -> list[dict[str, Any]]:
    """Entries for the symbols that occur."""
    shown = {roles.get(summary.cell_id, "") for summary, _, _ in points}
    entries = (
        ("best", "recommended", "diamond-open", 2.4, INK),
        ("baseline", "baseline", "square-open", 1.2, MUTED),
        ("front", "on the Pareto front", "circle-open", 2.4, INK),
        ("", "other", "circle-open", 1.0, MUTED),
    )
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": name,
            "hoverinfo": "skip",
            "marker": {
                "symbol": symbol,
                "size": 10,
                "color": colour,
                "line": {"width": width, "color": colour},
            },
        }
        for role, name, symbol, width, colour in entries
        if role in shown
    ]


def _axis(title: str, values: list[float]) -> dict[str, Any]:
    """Logarithmic where the values span much; the title says so."""
    wide = min(values) > 0 and max(values) / min(values) >= _LOG_FROM_RATIO
    if wide:
        ticks = _log_ticks(min(values), max(values))
        return {
            "title": {"text": f"{title} (logarithmic)"},
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
        }
    return {"title": {"text": title}, "rangemode": "tozero" if len(values) == 1 else "normal"}


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... around the values; powers of ten only where they span many decades."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 4 else (1,)
    return [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]


def describe(device: DeviceRows) -> str:
    """The plot in a sentence, for screen readers."""
    points = _points(device.summaries)
    if not points:
        return "No configuration has both latency and memory."
    fastest = min(p[2] for p in points)
    slowest = max(p[2] for p in points)
    return (
        f"Scatter of {count(len(points), 'configuration')}: latency from {number(fastest)} to "
        f"{number(slowest)} s/image, peak memory from {number(min(p[1] for p in points))} to "
        f"{number(max(p[1] for p in points))} MiB. The table holds the same figures."
    )
