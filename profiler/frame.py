"""The Python API: stored results as a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from profiler.records.summary import Summary
from profiler.store import Store, open_store
from profiler.store.table import table_of

if TYPE_CHECKING:
    from pandas import DataFrame

_DTYPES = {"text": "string", "int": "int64", "float": "float64"}


def results(
    store: Store | str | Path | None = None,
    device: str | None = None,
    suite: str | None = None,
    all: bool = False,  # noqa: A002 - reads best at the call: results(all=True)
) -> DataFrame:
    """Stored results, one row per cell and device, or per measurement with `all`.

    `store` is a path, an open store, or None for the user's own; `device` is an id or an alias
    ("gtx1650"). Columns have units in their names; a figure `x` has `x_low` and `x_high` (its 95 %
    interval), `x_evidence`, `x_source`, and `x_reason` where it is unavailable (then `x` is NaN).
    `started_at` is a time in UTC. Raises `StoreError` where the store cannot be read and
    `UnknownName` for an unknown device.

        import profiler.frame
        frame = profiler.frame.results(suite="quickstart")
        frame.sort_values("latency_s_per_image")[["compression", "precision", "peak_memory_bytes"]]
    """
    if store is None or isinstance(store, (str, Path)):
        with open_store(store, read_only=True) as opened:
            return to_frame(_chosen(opened, device, suite, every=all))
    return to_frame(_chosen(store, device, suite, every=all))


def to_frame(summaries: Iterable[Summary]) -> DataFrame:
    """Summaries as a DataFrame with the columns of `results`."""
    import pandas as pd

    table = table_of(summaries)
    columns = {}
    for name, kind in table.kinds.items():
        values = [row[name] for row in table.rows]
        if kind == "time":
            texts = pd.Series(values, dtype="string")
            times = pd.to_datetime(texts, utc=True, format="ISO8601")
            columns[name] = times.astype("datetime64[us, UTC]")
        else:
            columns[name] = pd.Series(values, dtype=_DTYPES[kind])
    return pd.DataFrame(columns)


def _chosen(store: Store, device: str | None, suite: str | None, *, every: bool) -> list[Summary]:
    device_id = None if device is None else _device_id(store, device)
    if every:
        return store.history(device_id=device_id, suite=suite)
    return store.summaries(device_id, suite)


def _device_id(store: Store, name: str) -> str:
    """An id that the store has is taken as it is; other names are looked up."""
    if name in store.devices():
        return name
    from profiler.devices.lookup import find

    return find(name).id
