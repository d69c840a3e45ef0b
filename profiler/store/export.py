"""Summaries to files that other programs read: CSV, JSON, Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from profiler.errors import InputError, MissingExtra, UnknownName
from profiler.records.summary import Summary
from profiler.store.plain import summary_json
from profiler.store.table import table_of

_SUFFIXES = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".pq": "parquet"}


def export(
    rows: Iterable[Summary],
    path: str | Path,
    format: str = "",  # noqa: A002 - the name that people type: --format
    force: bool = False,
) -> Path:
    """Write summaries to a file and return its path; the file appears whole or not at all.

    `format` is "csv", "json" or "parquet"; empty goes by the file's suffix. Raises `InputError`
    where the file is there and `force` is not set, or cannot be written; `UnknownName` for another
    format; `MissingExtra` where Parquet is asked for without pyarrow.
    """
    target = Path(path).expanduser()
    encode = _encoder(format or _SUFFIXES.get(target.suffix.lower(), ""), target)
    if target.is_dir():
        raise InputError(f"{target}: this is a folder; name a file to export to")
    if target.exists() and not force:
        raise InputError(f"{target}: will not overwrite this file without --force")
    content = encode(list(rows))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
    except OSError as error:
        raise InputError(f"{target}: the export cannot be written: {error}") from error
    return target


def as_csv(rows: Iterable[Summary]) -> str:
    """One line per summary under a line of column names; empty cells have a reason beside them."""
    table = table_of(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, table.kinds, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.rows)
    return text.getvalue()


def as_json(rows: Iterable[Summary]) -> str:
    """A list of objects, each with the whole cell; quantities in the one shape of all of sdprof."""
    return json.dumps([summary_json(summary) for summary in rows], indent=2, allow_nan=False) + "\n"


def as_parquet(rows: Iterable[Summary]) -> bytes:
    """The same columns as the CSV, typed: times with zone, integers, floats, text."""
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet") from error
    types = {
        "text": pyarrow.string(),
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "time": pyarrow.timestamp("us", tz="UTC"),
    }
    table = table_of(rows)
    columns = {
        name: pyarrow.array([_typed(row[name], kind) for row in table.rows], types[kind])
        for name, kind in table.kinds.items()
    }
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), content)
    return content.getvalue()


def _typed(value: Any, kind: str) -> Any:
    if kind != "time":
        return value
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _encoder(format_name: str, target: Path) -> Callable[[list[Summary]], bytes]:
    encoders: dict[str, Callable[[list[Summary]], bytes]] = {
        "csv": lambda rows: as_csv(rows).encode("utf-8"),
        "json": lambda rows: as_json(rows).encode("utf-8"),
        "parquet": as_parquet,
    }
    if format_name not in encoders:
        raise UnknownName(
            "export format", format_name or target.suffix, encoders, where=str(target)
        )
    return encoders[format_name]


def write_whole(target: Path, content: bytes) -> None:
    """Write through a file beside it, so that no half file is left by a full disk or a kill."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.chmod(0o666 & ~_umask())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
