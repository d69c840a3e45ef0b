"""SQLite connections for writing and for reading, also from read-only media."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from profiler.errors import StoreError
from profiler.store.schema import STEPS, Steps, check, upgrade
from profiler.store.trouble import primary_code, telling

BUSY_TIMEOUT_S = 30.0


def for_writing(
    path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S, steps: Steps = STEPS
) -> sqlite3.Connection:
    """A connection to a store, made with its folder where it is missing, and upgraded."""
    location = str(path)
    refuse_folder(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{location}: the folder of the store cannot be made ({error}); "
            "name another store with --store"
        ) from error
    with telling(location, "opening the store"):
        db = _connect(path, "mode=rwc", busy_timeout_s)
        try:
            # Look before touching: another program's file must stay as it is.
            check(db, location, steps)
            _use_wal(db, busy_timeout_s)
            # A measurement costs seconds to minutes, an fsync milliseconds: with FULL, what was
            # acknowledged also survives a power cut, which NORMAL does not promise in WAL mode.
            db.execute("PRAGMA synchronous = FULL")
            upgrade(db, location, steps)
            db.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            db.close()
            raise
    return db


def for_reading(
    path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S, steps: Steps = STEPS
) -> sqlite3.Connection:
    """A connection that cannot write; nothing is made or changed on disk.

    A store of an older schema is read through an upgraded copy in memory.
    """
    location = str(path)
    refuse_folder(path)
    if not path.exists():
        raise StoreError(
            f"{location}: there is no store here yet; measure something first, for example with "
            "`sdprof demo`, or name another store with --store"
        )
    with telling(location, "opening the store for reading"):
        db = _open_reading(path, busy_timeout_s)
        try:
            if check(db, location, steps) < len(steps):
                db = _upgraded_copy(db, location, steps)
            db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def refuse_folder(path: Path) -> None:
    """`StoreError` where a folder stands in the place of the file."""
    if path.is_dir():
        raise StoreError(
            f"{path}: this is a folder, not a store; name a file in it, for example "
            f"--store {path / 'sdprof.sqlite'}"
        )


def _connect(path: Path, options: str, busy_timeout_s: float) -> sqlite3.Connection:
    # A URI escapes "?" and "#" in names; isolation_level None leaves transactions to us.
    uri = f"{path.absolute().as_uri()}?{options}"
    db = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _use_wal(db: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Readers and a writer at once. A file system without shared memory keeps its old journal."""
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Two processes that make one store at once: this pragma does not wait by itself.
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _open_reading(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Open read-only; where the folder does not allow SQLite's helper files, as immutable."""
    db = _connect(path, "mode=ro", busy_timeout_s)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        db.close()
        no_helpers = primary_code(error) in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
        # An immutable database is read without its WAL: only where that has nothing to tell.
        if not no_helpers or _size(path.with_name(path.name + "-wal")):
            raise
        return _connect(path, "mode=ro&immutable=1", busy_timeout_s)
    except BaseException:
        db.close()
        raise
    return db


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _upgraded_copy(db: sqlite3.Connection, location: str, steps: Steps) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    copy.row_factory = sqlite3.Row
    db.backup(copy)
    db.close()
    upgrade(copy, location, steps)
    return copy
