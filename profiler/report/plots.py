"""The plots of one device as the page shows them: choices, notes, and a sentence for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.report import bars, scatter, traces
from profiler.report.gather import DeviceRows


def plots(device: DeviceRows, names: Mapping[str, str], prefix: str) -> list[dict[str, Any]]:
    """Each with id, title, intro, description, options (label, figure, note) and notes.

    Every plot is there, one without data has no options and says so.
    """
    return [
        _tradeoff(device, names, prefix),
        *_phases(device, names, prefix),
        _raw(device, names, prefix),
        _trace(device, names, prefix),
    ]


def _tradeoff(device: DeviceRows, names: Mapping[str, str], prefix: str) -> dict[str, Any]:
    options, note = scatter.scatter_figures(device, names)
    return _plot(
        f"{prefix}-tradeoff",
        "Latency, memory and quality",
        "Lower left is better. The colour is the quality; a thick outline marks the Pareto "
        "front, which no other configuration beats in everything.",
        scatter.describe(device),
        options=options,
        note=note,
        choose="Colour by",
    )


def _phases(device: DeviceRows, names: Mapping[str, str], prefix: str) -> list[dict[str, Any]]:
    once, once_note = bars.phase_figure(device, names, bars.ONCE)
    each, each_note = bars.phase_figure(device, names, bars.PER_CALL)
    return [
        _plot(
            f"{prefix}-once",
            "Before the first image",
            "Paid once per process: loading, compressing, and the first image with its warm-up.",
            bars.describe_phases(bars.ONCE),
            options=_single(once),
            note=once_note,
        ),
        _plot(
            f"{prefix}-phases",
            "Within one warm call",
            "Seconds of one call of the pipeline, which makes a batch of images.",
            bars.describe_phases(bars.PER_CALL),
            options=_single(each),
            note=each_note,
        ),
    ]


def _raw(device: DeviceRows, names: Mapping[str, str], prefix: str) -> dict[str, Any]:
    options, note = bars.strip_figures(device, names)
    return _plot(
        f"{prefix}-raw",
        "Every raw latency",
        "Nothing is deleted: outliers are flagged and stay in the median.",
        "Strip plot of the latency of each call by configuration.",
        options=options,
        note=note,
        choose="Show",
    )


def _trace(device: DeviceRows, names: Mapping[str, str], prefix: str) -> dict[str, Any]:
    return _plot(
        f"{prefix}-trace",
        "Power and memory over time",
        "Sampled from outside the measured process. Long traces are thinned to the lowest and "
        f"highest sample in each of {traces.BINS} intervals, so that peaks stay.",
        "Telemetry over time of the chosen configuration.",
        options=_trace_options(device, names),
        choose="Configuration",
    )


def _single(figure: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [] if figure is None else [{"label": "", "figure": figure, "note": ""}]


def _trace_options(device: DeviceRows, names: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    for cell_id, measurement in device.details.items():
        figure = traces.trace_figure(measurement)
        if figure is not None:
            note = traces.missing_text(measurement)
            found.append({"label": names[cell_id], "figure": figure, "note": note})
    return found


def _plot(
    plot_id: str,
    title: str,
    intro: str,
    description: str,
    *,
    options: list[dict[str, Any]],
    note: str = "",
    choose: str = "",
) -> dict[str, Any]:
    """The view of one plot; `selects` and `boxes` are lists of 0 or 1 for the template's loops."""
    several = len(options) > 1 or (bool(options) and choose == "Configuration")
    selects = [{"label": choose, "options": [o["label"] for o in options]}] if several else []
    boxes = [{"height": options[0]["figure"]["layout"]["height"]}] if options else []
    notes = [note] if note else []
    if not options:
        notes.append("Nothing to plot: no configuration has these figures.")
    return {
        "id": plot_id,
        "title": title,
        "intro": intro,
        "description": description,
        "figures": [{"figure": o["figure"], "note": o["note"]} for o in options],
        "selects": selects,
        "boxes": boxes,
        "notes": notes,
        "option_note": options[0]["note"] if options else "",
    }
