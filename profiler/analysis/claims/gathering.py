"""The rows of a device from a store: all summaries, and the few whole measurements that count."""

from __future__ import annotations

from profiler.analysis.claims.judge import NEEDS_MEASUREMENT
from profiler.analysis.claims.rows import Rows, kind_of
from profiler.errors import UnknownName
from profiler.records.summary import Summary
from profiler.store.protocol import Store

# Whole measurements are large; a store of many nights shall not be read as a whole.
MOST = 200
STUDENTS = frozenset({"distilled-student"})


def gather_rows(store: Store, device_id: str, device_name: str = "", device_kind: str = "") -> Rows:
    """Read what the judges need; a device without measurements gives empty rows.

    Name and kind are looked up in the newest measurement where they are not given.
    """
    summaries = store.summaries(device_id=device_id)
    wanted = [s for s in summaries if s.measurement_ids and needs_measurement(s)]
    newest_first = sorted(wanted, key=lambda s: s.started_at, reverse=True)
    needed = {s.cell_id: s.measurement_ids[-1] for s in newest_first[:MOST]}
    measurements = {cell_id: store.measurement(key) for cell_id, key in needed.items()}
    if not device_name and summaries and summaries[-1].measurement_ids:
        newest = store.measurement(summaries[-1].measurement_ids[-1])
        device_name = newest.environment.device_name
    return Rows(
        device_id,
        device_name or device_id,
        device_kind or kind_of_device(device_id),
        summaries,
        measurements,
    )


def needs_measurement(summary: Summary) -> bool:
    """Does a claim ask more of this cell than its summary tells?

    What optimisations told of themselves, single requests, and the bytes of one component.
    """
    cell = summary.cell
    if any(use.method in NEEDS_MEASUREMENT for use in cell.optimisations):
        return True
    return any(kind_of(use) == "prune" or use.method in STUDENTS for use in cell.compression)


def kind_of_device(device_id: str) -> str:
    """The torch device type by the id: profiles tell theirs, unknown processors are `cpu-...`."""
    from profiler.devices.lookup import find

    try:
        return find(device_id).kind
    except UnknownName:
        return "cpu" if device_id.startswith("cpu") else ""
