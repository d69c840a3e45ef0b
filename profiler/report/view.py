"""Material -> view dict: everything that the page says, in the order in which it says it; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from profiler.records.measurement import Outcome
from profiler.report import sections
from profiler.report.claims import claims_of
from profiler.report.effects import effects
from profiler.report.gallery import gallery, limits_note
from profiler.report.gather import DeviceRows, Material
from profiler.report.headline import headline
from profiler.report.labels import labels
from profiler.report.plots import plots
from profiler.report.table import table
from profiler.report.text import count

_SHOWN_NAMES = 5


def build_view(
    material: Material,
    *,
    now: datetime,
    version: str,
    suite: str | None = None,
    run_id: str | None = None,
) -> dict[str, Any]:
    """The view of the whole page. Plain dicts, lists and texts, unescaped: the template escapes."""
    embedded: set[str] = set()
    several = len(material.devices) > 1
    return {
        "title": "Stable Diffusion configurations on " + _joined(_device_names(material)),
        "devices": [
            _device(device, f"d{number}", material, embedded, several)
            for number, device in enumerate(material.devices)
        ],
        "choosers": [_chooser(material)] if several else [],
        "foot": _foot(material, now, version, suite, run_id),
    }


def _device(
    device: DeviceRows, prefix: str, material: Material, embedded: set[str], several: bool
) -> dict[str, Any]:
    baseline = device.baseline()
    cells = [summary.cell for summary in device.summaries]
    names = labels(cells, baseline.cell if baseline is not None else None)
    ok = sum(summary.outcome is Outcome.OK for summary in device.summaries)
    total = len(device.summaries)
    images = gallery(device, names, material.images, embedded)
    left_out = (material.images_left_out, material.images_lost)
    images["notes"] += limits_note(*left_out, len(device.details), total)
    if not images["strips"]:
        images["notes"].append("No images are stored for these configurations.")
    return {
        "id": prefix,
        "name": device.name,
        "headings": [device.name] if several else [],
        "device_id": device.device_id,
        "counts": f"{count(total, 'configuration')}, {ok:,} with valid images",
        "headline": headline(device.recommendation, names, baseline),
        "table": table(device, names),
        "plots": plots(device, names, prefix),
        "gallery": images,
        "claims": claims_of(device, prefix),
        "effects": effects(device, names),
        "failures": sections.failures(device, names),
        "environments": sections.environments(device),
        "overhead": sections.overhead(device),
    }


def _chooser(material: Material) -> list[dict[str, str]]:
    return [
        {"name": device.name, "id": f"d{number}"} for number, device in enumerate(material.devices)
    ]


def _foot(
    material: Material, now: datetime, version: str, suite: str | None, run_id: str | None
) -> list[dict[str, str]]:
    suites = [s.suite for d in material.devices for s in d.summaries if s.suite]
    runs = [run for device in material.devices for run in device.runs]
    names = [run.name or run.run_id for run in runs]
    return [
        {"name": "sdprof", "value": version},
        {"name": "made", "value": now.strftime("%Y-%m-%d %H:%M %Z").strip()},
        {"name": "suite", "value": suite or _joined(list(dict.fromkeys(suites))) or "not told"},
        {"name": "run", "value": _joined(list(dict.fromkeys(names))) or run_id or "not told"},
    ]


def _device_names(material: Material) -> list[str]:
    return [device.name for device in material.devices]


def _joined(names: list[str]) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(names[:_SHOWN_NAMES])
    rest = len(names) - _SHOWN_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown
