"""The store in a SQLite file; the contract is in `protocol`."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from profiler.errors import StoreError, UnknownName
from profiler.records.cell import Cell
from profiler.records.environment import Environment
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.summary import Summary
from profiler.store import connect, queries, rows
from profiler.store.schema import STEPS, Steps
from profiler.store.trouble import telling

# Measurements per transaction of `add_many`: other writers wait for one batch only.
_BATCH = 500


class SqliteStore:
    """A store in one file, in WAL mode: readers never wait, writers wait for one another.

    A writer that waits longer than `busy_timeout_s` gives up with `StoreError`.
    """

    def __init__(
        self,
        path: Path,
        read_only: bool = False,
        *,
        busy_timeout_s: float = connect.BUSY_TIMEOUT_S,
        steps: Steps = STEPS,
    ) -> None:
        opener = connect.for_reading if read_only else connect.for_writing
        self._db = opener(path, busy_timeout_s, steps)
        self._path = path
        self._read_only = read_only

    @property
    def location(self) -> str:
        """The path of the file."""
        return str(self._path)

    @property
    def read_only(self) -> bool:
        """Was it opened for reading only?"""
        return self._read_only

    def add(self, measurement: Measurement) -> bool:
        """Keep a measurement in one transaction; False where its id is there already."""
        return self._add_batch([measurement]) == 1

    def add_many(self, measurements: Iterable[Measurement]) -> int:
        """Keep many, a transaction for each batch; how many were new."""
        source, new = iter(measurements), 0
        while batch := list(islice(source, _BATCH)):
            new += self._add_batch(batch)
        return new

    def add_image(self, png: bytes) -> str:
        """Keep a PNG once; its SHA-256."""
        sha256 = hashlib.sha256(png).hexdigest()
        with self._writing("storing an image") as db:
            db.execute(queries.ADD_IMAGE, (sha256, png))
        return sha256

    def image(self, sha256: str) -> bytes:
        """The PNG with this sum."""
        row = self._row("SELECT png FROM image WHERE sha256 = ?", sha256)
        if row is None:
            raise StoreError(f"{self.location}: there is no image with the sum {sha256!r}")
        return bytes(row["png"])

    def add_run(self, run: RunInfo) -> bool:
        """Keep a run; False where its id is there already."""
        with self._writing(f"storing the run {run.run_id!r}") as db:
            _add_environment(db, run.environment)
            return db.execute(queries.ADD_RUN, rows.run_row(run)).rowcount == 1

    def update_run(self, run: RunInfo) -> None:
        """Replace the run that has this id."""
        with self._writing(f"updating the run {run.run_id!r}") as db:
            _add_environment(db, run.environment)
            if db.execute(queries.UPDATE_RUN, rows.run_row(run)._asdict()).rowcount == 0:
                raise StoreError(
                    f"{self.location}: there is no run {run.run_id!r} to update; add it first"
                )

    def runs(self) -> list[RunInfo]:
        """All runs, oldest first."""
        return [rows.read_run(row) for row in self._rows(queries.RUNS)]

    def measurement(self, measurement_id: str) -> Measurement:
        """One measurement by id."""
        row = self._row(f"{queries.WHOLE} WHERE m.measurement_id = ?", measurement_id)
        if row is None:
            known = self._rows(queries.RECENT_IDS)
            raise UnknownName(
                "measurement", measurement_id, (row["measurement_id"] for row in known)
            )
        return rows.read_measurement(row)

    def measurements(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Measurement]:
        """Whole measurements that meet all conditions, oldest first."""
        where, values = queries.conditions(
            cell_id=cell_id, device_id=device_id, run_id=run_id, suite=suite
        )
        found = self._rows(f"{queries.WHOLE} {where} {queries.OLDEST_FIRST}", *values)
        return [rows.read_measurement(row) for row in found]

    def latest(
        self, cell_id: str, device_id: str, environment_id: str | None = None
    ) -> Measurement | None:
        """The measurement that counts for this cell on this device."""
        where, values = queries.conditions(
            cell_id=cell_id, device_id=device_id, environment_id=environment_id
        )
        row = self._row(f"{queries.WHOLE} {where} {queries.COUNTS_FIRST} LIMIT 1", *values)
        return None if row is None else rows.read_measurement(row)

    def finished(self, device_id: str, environment_id: str) -> dict[str, Outcome]:
        """Cell id to the outcome of its newest measurement here."""
        found = self._rows(queries.FINISHED, device_id, environment_id)
        return {row["cell_id"]: Outcome(row["outcome"]) for row in found}

    def summaries(self, device_id: str | None = None, suite: str | None = None) -> list[Summary]:
        """One summary per cell and device, of the measurement that counts."""
        where, values = queries.conditions(device_id=device_id, suite=suite)
        return self._summaries(queries.THAT_COUNT.format(where=where), values)

    def history(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Summary]:
        """A summary of each measurement that meets all conditions, oldest first."""
        where, values = queries.conditions(
            cell_id=cell_id, device_id=device_id, run_id=run_id, suite=suite
        )
        return self._summaries(f"{queries.CONDENSED} {where} {queries.OLDEST_FIRST}", values)

    def devices(self) -> list[str]:
        """Ids of all devices with measurements, sorted."""
        return [row["device_id"] for row in self._rows(queries.DEVICES)]

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _add_batch(self, batch: list[Measurement]) -> int:
        # Encoded before the transaction begins, so that the lock is held briefly.
        encoded = [
            (rows.measurement_row(m), rows.moment(m.environment), rows.document(m)) for m in batch
        ]
        doing = f"storing the measurement {batch[0].measurement_id!r}"
        if len(batch) > 1:
            doing += f" and {len(batch) - 1} more"
        new = 0
        with self._writing(doing) as db:
            for cell in {m.cell.cell_id: m.cell for m in batch}.values():
                _add_cell(db, cell)
            for environment in {
                m.environment.environment_id: m.environment for m in batch
            }.values():
                _add_environment(db, environment)
            for row, moment, body in encoded:
                cursor = db.execute(queries.ADD_MEASUREMENT, row)
                if cursor.rowcount == 1:
                    db.execute(queries.ADD_DOCUMENT, (cursor.lastrowid, moment, body))
                    new += 1
        return new

    def _summaries(self, query: str, values: Iterable[str]) -> list[Summary]:
        cells: dict[str, Cell] = {}
        found = []
        for row in self._rows(query, *values):
            cell_id = row["cell_id"]
            if cell_id not in cells:
                cells[cell_id] = rows.read_cell(row["cell"], cell_id)
            found.append(rows.read_summary(row, cells[cell_id]))
        return found

    def _rows(self, query: str, *values: str) -> list[sqlite3.Row]:
        with telling(self.location, "reading the store"):
            return self._db.execute(query, values).fetchall()

    def _row(self, query: str, *values: str) -> sqlite3.Row | None:
        found = self._rows(query, *values)
        return found[0] if found else None

    @contextmanager
    def _writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """One transaction: kept whole when the block ends well, not at all otherwise."""
        if self._read_only:
            raise StoreError(
                f"{self.location}: {doing} failed: the store was opened for reading only"
            )
        with telling(self.location, doing):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _add_cell(db: sqlite3.Connection, cell: Cell) -> None:
    if db.execute(queries.KNOWS_CELL, (cell.cell_id,)).fetchone() is None:
        db.execute(queries.ADD_CELL, (cell.cell_id, rows.cell_content(cell)))


def _add_environment(db: sqlite3.Connection, environment: Environment) -> None:
    key = environment.environment_id
    if db.execute(queries.KNOWS_ENVIRONMENT, (key,)).fetchone() is None:
        db.execute(queries.ADD_ENVIRONMENT, (key, rows.environment_content(environment)))
