"""Where the time goes: phases as stacked bars, and every raw latency as a strip."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from profiler.records.measurement import Measurement, Outcome
from profiler.records.summary import Summary
from profiler.report.gather import DeviceRows
from profiler.report.palette import BLUE, GREEN, INK, MUTED, ORANGE, VERMILLION
from profiler.report.text import count, heading

ROWS = 24
ROW_PX = 40

Parts = Sequence[tuple[str, str, str]]
ONCE: Parts = (
    ("load_s", "load", BLUE),
    ("compress", "compress", ORANGE),
    ("first_image_s", "first image", GREEN),
)
PER_CALL: Parts = (
    ("text_encoder_s", "text encoder", ORANGE),
    ("denoise_s", "denoising", BLUE),
    ("vae_decode_s", "VAE decode", GREEN),
)


def phase_figure(
    device: DeviceRows, names: Mapping[str, str], parts: Parts
) -> tuple[dict[str, Any] | None, str]:
    """Stacked bars of `parts` for the first ROWS cells that have any, and a note on the rest."""
    rows = []
    for summary in device.summaries:
        if summary.outcome is not Outcome.OK:
            continue
        values = [_seconds(summary, device.details.get(summary.cell_id), p[0]) for p in parts]
        if any(value is not None for value in values):
            rows.append((summary, values))
    if not rows:
        return None, ""
    shown = rows[:ROWS]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "marker": {"color": colour},
            "width": 0.42,
            "y": list(range(len(shown))),
            "x": [None if v[k] is None else float(f"{v[k]:.4g}") for _, v in shown],
            "hovertemplate": f"{name} %{{x}} s<extra></extra>",
        }
        for k, (_, name, colour) in enumerate(parts)
    ]
    layout = _row_layout([names[s.cell_id] for s, _ in shown], "seconds") | {"barmode": "stack"}
    return {"data": data, "layout": layout}, _bar_note(rows, parts)


def strip_figures(device: DeviceRows, names: Mapping[str, str]) -> tuple[list[dict[str, Any]], str]:
    """Every latency of every call, in s/image and relative to its row's median.

    Flagged outliers and calls before the end of the warm-up are told apart.
    """
    chosen = [
        summary
        for summary in device.summaries
        if summary.cell_id in device.details and device.details[summary.cell_id].warm_runs()
    ]
    if not chosen:
        return [], ""
    shown = chosen[:ROWS]
    labels = [names[summary.cell_id] for summary in shown]
    options = []
    for label, relative in (("seconds per image", False), ("relative to the median", True)):
        unit = "% from the median" if relative else "s/image"
        layout = _row_layout(labels, unit, from_zero=not relative)
        data = _strip_data(device, shown, relative)
        options.append({"label": label, "figure": {"data": data, "layout": layout}, "note": ""})
    return options, _limited(len(chosen))


def _strip_data(
    device: DeviceRows, shown: Sequence[Summary], relative: bool
) -> list[dict[str, Any]]:
    points: dict[str, tuple[list[float], list[float]]] = {
        kind: ([], []) for kind in ("warm", "outlier", "first")
    }
    for row, summary in enumerate(shown):
        centre = _centre(summary) if relative else None
        for kind, seconds, height in _strip(device.details[summary.cell_id], row):
            points[kind][0].append(_relative(seconds, centre))
            points[kind][1].append(height)
    unit = "%" if relative else "s/image"
    data = [
        _dots(points["warm"], "warm call", unit, symbol="circle", colour=BLUE),
        _dots(
            points["outlier"],
            "flagged as outlier, kept",
            unit,
            symbol="diamond-tall",
            colour=VERMILLION,
        ),
        _dots(points["first"], "warming up, not counted", unit, symbol="circle-open", colour=MUTED),
        _medians(shown, relative),
    ]
    return [trace for trace in data if trace["x"]]


def _centre(summary: Summary) -> float | None:
    latency = summary.figures.get("latency_s_per_image")
    return None if latency is None else latency.value


def _relative(seconds: float, centre: float | None) -> float:
    """Per cent from the centre, the value itself where there is none."""
    return seconds if not centre else float(f"{100.0 * (seconds / centre - 1.0):.4g}")


def _seconds(summary: Summary, measurement: Measurement | None, part: str) -> float | None:
    """A figure of the summary, or the wall time of a phase where only the measurement has it."""
    if part in summary.figures:
        return summary.figures[part].value
    phases = measurement.phases if measurement is not None else ()
    return next((phase.wall_s for phase in phases if phase.name == part), None)


def _bar_note(rows: list[tuple[Summary, list[float | None]]], parts: Parts) -> str:
    note = [_limited(len(rows))]
    for k, (_, name, _) in enumerate(parts):
        absent = sum(values[k] is None for _, values in rows[:ROWS])
        if absent:
            note.append(f"No figure for {name} in {count(absent, 'configuration')} shown.")
    return " ".join(note).strip()


def _limited(number_of: int) -> str:
    return f"The first {ROWS} of {number_of:,} are shown." if number_of > ROWS else ""


def _strip(measurement: Measurement, row: int) -> list[tuple[str, float, float]]:
    """Kind, seconds per image and height of each call; the jitter is the same on every page."""
    from profiler.stats.outliers import flag_outliers

    jitter = random.Random(row)
    warm = measurement.warm_runs()
    flags = dict(zip((r.index for r in warm), flag_outliers([r.wall_s for r in warm]), strict=True))
    found = []
    for run in measurement.runs:
        if run.cache == "hit":  # answered without the work that the strip compares
            continue
        kind = "first" if not run.warm else "outlier" if flags[run.index] else "warm"
        seconds = run.wall_s / measurement.cell.batch_size
        found.append((kind, float(f"{seconds:.5g}"), round(row + jitter.uniform(-0.12, 0.12), 3)))
    return found


def _dots(
    points: tuple[list[float], list[float]], name: str, unit: str, *, symbol: str, colour: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": points[0],
        "y": points[1],
        "marker": {
            "symbol": symbol,
            "size": 7,
            "color": colour,
            "opacity": 0.7,
            "line": {"width": 1.2, "color": colour},
        },
        "hovertemplate": f"%{{x}} {unit}<extra>{name}</extra>",
    }


def _medians(summaries: Sequence[Summary], relative: bool) -> dict[str, Any]:
    """Median and interval of each row, as told in the table."""
    rows: list[tuple[int, float, float, float]] = []
    for row, summary in enumerate(summaries):
        centre = _centre(summary)
        if centre is not None:
            latency = summary.figures["latency_s_per_image"]
            ends = (centre, latency.low or centre, latency.high or centre)
            value, low, high = (_relative(x, centre if relative else None) for x in ends)
            rows.append((row, value, low, high))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "median, 95 % interval",
        "x": [value for _, value, _, _ in rows],
        "y": [row for row, _, _, _ in rows],
        "marker": {
            "symbol": "line-ns-open",
            "size": 12,
            "color": INK,
            "line": {"width": 2, "color": INK},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - value) for _, value, _, high in rows],
            "arrayminus": [max(0.0, value - low) for _, value, low, _ in rows],
            "color": INK,
            "thickness": 1.5,
            "width": 5,
        },
        "hovertemplate": f"median %{{x}} {'%' if relative else 's/image'}<extra></extra>",
    }


def _row_layout(labels: Sequence[str], unit: str, from_zero: bool = True) -> dict[str, Any]:
    """Rows with their names above them, so that long names need no margin on a narrow screen."""
    rows = len(labels)
    return {
        "height": ROW_PX * rows + 110,
        "hovermode": "closest",
        "xaxis": {"title": {"text": unit}, "rangemode": "tozero" if from_zero else "normal"},
        "yaxis": {
            "range": [rows - 0.45, -0.75],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "legend": {
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.0,
            "x": 0,
            "traceorder": "normal",
        },
        "margin": {"l": 8, "r": 12, "t": 50, "b": 46},
        "annotations": [
            {
                "text": escape(text),
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": row - 0.42,
                "yref": "y",
                "yanchor": "middle",
                "showarrow": False,
                "font": {"size": 12},
            }
            for row, text in enumerate(labels)
        ],
    }


def describe_phases(parts: Parts) -> str:
    """The plot in a sentence, for screen readers."""
    return "Stacked bars of seconds by configuration: " + ", ".join(
        heading(name).lower() for _, name, _ in parts
    )
