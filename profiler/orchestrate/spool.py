"""Measurements that the store refused, kept as JSON files until a run can store them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from profiler import paths
from profiler.errors import StoreError
from profiler.records.codec import from_json, to_json
from profiler.records.measurement import Measurement
from profiler.store.protocol import Store


def spool(measurement: Measurement, pngs: Mapping[str, bytes], location: str) -> Path | None:
    """Write the measurement with its images beside the store, else into the user's data folder.

    `pngs` are images by prompt index, `location` is the store's. None where neither place takes
    the file.
    """
    content = {
        "measurement": to_json(measurement),
        "images": {index: base64.b64encode(png).decode() for index, png in pngs.items()},
    }
    for folder in spool_folders(location):
        path = folder / f"{measurement.measurement_id}.json"
        partial = path.with_suffix(".partial")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="ascii") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError:
            _remove(partial)
            continue
        return path
    return None


def pick_up(store: Store) -> int:
    """Store what earlier runs had to spool; how many measurements.

    A file goes only after its measurement is in the store. One that cannot be read is left where
    it is, for a person to look at.

    Raises:
        StoreError: the store still refuses; nothing is lost.
    """
    count = 0
    for folder in spool_folders(store.location):
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            try:
                content = json.loads(path.read_text(encoding="ascii"))
                measurement = from_json(Measurement, content["measurement"])
                pngs = {i: base64.b64decode(text) for i, text in content["images"].items()}
            except (OSError, ValueError, KeyError, TypeError):
                continue
            sums = {index: store.add_image(png) for index, png in pngs.items()}
            count += store.add(replace(measurement, images=sums))
            path.unlink()
        _remove_if_empty(folder)
    return count


def spool_folders(location: str) -> tuple[Path, ...]:
    """Where spooled measurements of the store at `location` may lie, the first choice first."""
    beside = Path(location + ".spool")
    name = "".join(letter if letter.isalnum() else "-" for letter in location)
    fallback = paths.user_data() / "spool" / name
    return (beside, fallback) if Path(location).parent.is_dir() else (fallback,)


def refused(error: StoreError, kept: Path | None, stored: int) -> StoreError:
    """The store's error with what is safe and what is not."""
    if kept:
        last = f"the last one is kept in {kept} and the next run will store it"
    else:
        last = "the last one is lost, since no disk took it"
    return StoreError(f"{error}; {stored} cell(s) of this run are stored, {last}")


def _remove(path: Path) -> None:
    # On a full or vanished disk a partial file may stay; it is never read.
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is not there, or something is left in it
        folder.rmdir()
