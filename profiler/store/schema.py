"""The SQL of the SQLite store as numbered steps, and the upgrade of stores made by older ones.

A step is never edited once a release carries it: a change is a new step at the end, and the dump
of the version before stays in tests/store/fixtures as a store that must open.
"""

from __future__ import annotations

import sqlite3

from profiler.errors import StoreError

Steps = tuple[tuple[str, ...], ...]

# Marks the file as ours (PRAGMA application_id); the bytes of "sdpr".
APPLICATION_ID = 0x73647072

_V1 = (
    """CREATE TABLE cell (
        seq INTEGER PRIMARY KEY,
        cell_id TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL
    )""",
    """CREATE TABLE environment (
        environment_id TEXT PRIMARY KEY,
        content TEXT NOT NULL
    ) WITHOUT ROWID""",
    # `moment` is what varies from run to run within one environment: host load, free memory.
    """CREATE TABLE run (
        seq INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        suite TEXT NOT NULL,
        device_id TEXT NOT NULL,
        environment_id TEXT NOT NULL REFERENCES environment (environment_id),
        moment TEXT NOT NULL,
        started_at TEXT NOT NULL,
        started_s REAL NOT NULL,
        state TEXT NOT NULL,
        ended_at TEXT NOT NULL,
        overhead TEXT NOT NULL
    )""",
    # `light` has the figures; the raw document lies apart, so that summaries never read its pages.
    """CREATE TABLE measurement (
        seq INTEGER PRIMARY KEY,
        measurement_id TEXT NOT NULL UNIQUE,
        run_id TEXT NOT NULL,
        suite TEXT NOT NULL,
        cell_id TEXT NOT NULL REFERENCES cell (cell_id),
        device_id TEXT NOT NULL,
        environment_id TEXT NOT NULL REFERENCES environment (environment_id),
        started_at TEXT NOT NULL,
        started_s REAL NOT NULL,
        outcome TEXT NOT NULL,
        decisive INTEGER NOT NULL,
        light TEXT NOT NULL
    )""",
    """CREATE TABLE document (
        seq INTEGER PRIMARY KEY REFERENCES measurement (seq) ON DELETE CASCADE,
        moment TEXT NOT NULL,
        body BLOB NOT NULL
    )""",
    """CREATE TABLE image (
        sha256 TEXT PRIMARY KEY,
        png BLOB NOT NULL
    )""",
    # Both cover their question: rows that do not count are never fetched.
    """CREATE INDEX measurement_that_counts ON measurement
        (device_id, cell_id, decisive DESC, started_s DESC, seq DESC, suite)""",
    """CREATE INDEX measurement_in_environment ON measurement
        (device_id, environment_id, cell_id, started_s DESC, seq DESC, outcome)""",
    "CREATE INDEX measurement_of_run ON measurement (run_id)",
)

STEPS: Steps = (_V1,)


def version_of(db: sqlite3.Connection) -> int:
    """The schema version of a store; 0 for an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check(db: sqlite3.Connection, location: str, steps: Steps = STEPS) -> int:
    """The version of a store that this sdprof can use; `StoreError` for any other database."""
    version = version_of(db)
    ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not ours and not empty:
        raise StoreError(
            f"{location}: this SQLite database belongs to another program; "
            "name another store with --store"
        )
    if version > len(steps):
        raise StoreError(
            f"{location}: this store was made by a newer sdprof (schema {version}, known here: "
            f"{len(steps)}); upgrade with: pip install --upgrade sdprof"
        )
    return version


def upgrade(db: sqlite3.Connection, location: str, steps: Steps = STEPS) -> None:
    """Bring a store to the newest schema, in one transaction: all steps or none."""
    if check(db, location, steps) == len(steps):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have upgraded between the look and the lock.
        for number in range(check(db, location, steps), len(steps)):
            for statement in steps[number]:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(steps)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
