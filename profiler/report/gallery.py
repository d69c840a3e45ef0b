"""Images beside the baseline's: one strip per prompt and seed, the baseline first."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any

from profiler.records.measurement import Measurement
from profiler.report.gather import DeviceRows
from profiler.report.text import count

_Key = tuple[str, int]
SHOWN_PX = 128


def gallery(
    device: DeviceRows,
    names: Mapping[str, str],
    images: Mapping[str, bytes],
    embedded: set[str],
) -> dict[str, Any]:
    """Strips of images. `embedded` collects what the page holds already: each PNG goes in once.

    A later use of the same PNG has `copy_of` instead of `src`; the page's script copies it.
    """
    baseline = device.baseline()
    first = baseline.cell_id if baseline is not None else ""
    order = sorted(device.details, key=lambda cell_id: cell_id != first)
    strips: dict[_Key, list[dict[str, Any]]] = {}
    reference: dict[_Key, str] = {}
    for cell_id in order:
        measurement = device.details[cell_id]
        for key, sha in _keyed(measurement):
            if sha not in images:
                continue
            if cell_id == first:
                reference[key] = sha
            strips.setdefault(key, []).append(
                _image(sha, images[sha], names.get(cell_id, cell_id), key, embedded)
                | _against(cell_id == first, reference.get(key), sha)
            )
    note = [] if reference or not strips else ["There is no baseline to set the images beside."]
    compared = {key: strip for key, strip in strips.items() if len(strip) > 1}
    # The baseline keeps every image for the metrics; alone on its strip it shows no comparison.
    strips = compared or strips
    return {
        "strips": [
            {"prompt": prompt, "seed": seed, "images": strip}
            for (prompt, seed), strip in strips.items()
        ],
        "notes": note,
    }


def limits_note(left_out: int, lost: int, shown_cells: int, cells: int) -> list[str]:
    """What the budget of the page kept out, in words; empty if nothing."""
    notes = []
    if shown_cells < cells:
        notes.append(
            f"Images, traces and raw latencies are shown for {shown_cells:,} of {cells:,} "
            "configurations: the baseline, then by rank and latency. The store holds the rest."
        )
    if left_out:
        notes.append(f"{count(left_out, 'image')} left out to keep the page small.")
    if lost:
        notes.append(f"{count(lost, 'image')} could not be read from the store.")
    return notes


def _keyed(measurement: Measurement) -> list[tuple[_Key, str]]:
    """((prompt, seed), sum) of each image, in the order of the prompts."""
    cell, found = measurement.cell, []
    for index, sha in sorted(measurement.images.items(), key=lambda item: int(item[0])):
        number = int(index)
        known = number < len(cell.prompts)
        prompt = cell.prompts[number] if known else f"prompt {number}"
        found.append(((prompt, cell.seed + number), sha))
    return found


def _image(sha: str, png: bytes, name: str, key: _Key, embedded: set[str]) -> dict[str, Any]:
    width, height = _size(png)
    again = sha in embedded
    embedded.add(sha)
    uri = "" if again else f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    link = ("data-copy", f"png-{sha}") if again else ("id", f"png-{sha}")
    attrs = [link] if again else [link, ("src", uri)]
    if _header(png)[1] <= SHOWN_PX:
        # Enlarged without smoothing: the pixels are what the model made.
        attrs.append(("class", "enlarged"))
    return {
        "attrs": attrs,
        "alt": f"{key[0]}, made by {name}",
        "name": name,
        "width": width,
        "height": height,
    }


def _against(is_baseline: bool, reference: str | None, sha: str) -> dict[str, str]:
    if is_baseline:
        return {"classes": "baseline", "role": "baseline"}
    same = "identical to the baseline" if reference == sha else ""
    return {"classes": "", "role": same}


def _size(png: bytes) -> tuple[int, int]:
    """Shown width and height: every image is SHOWN_PX high."""
    width, height = _header(png)
    return max(1, round(SHOWN_PX * width / height)), SHOWN_PX


def _header(png: bytes) -> tuple[int, int]:
    """Width and height as the PNG tells them; a square of the shown size for anything else."""
    if png[:8] == b"\x89PNG\r\n\x1a\n" and len(png) >= 24:
        width, height = struct.unpack(">II", png[16:24])
        if width and height:
            return width, height
    return SHOWN_PX, SHOWN_PX
