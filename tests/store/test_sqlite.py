"""How the SQLite store works inside: what is kept once, and what a question touches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from profiler.errors import StoreError
from profiler.store import queries
from profiler.store.sqlite import SqliteStore
from tests.factories import int8_cell, make_cell, make_environment, make_measurement


@pytest.fixture
def sqlite_store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


def count(store: SqliteStore, table: str) -> int:
    return int(store._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def plan(store: SqliteStore, query: str, values: list[str]) -> str:
    rows = store._db.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall()
    return "\n".join(row["detail"] for row in rows)


def test_the_settings_that_the_promises_rest_on(sqlite_store: SqliteStore) -> None:
    def setting(name: str) -> object:
        return sqlite_store._db.execute(f"PRAGMA {name}").fetchone()[0]

    assert setting("journal_mode") == "wal"
    assert setting("synchronous") == 2  # FULL
    assert setting("foreign_keys") == 1
    assert setting("busy_timeout") == 30_000


def test_cells_and_environments_are_kept_once(sqlite_store: SqliteStore) -> None:
    for number in range(4):
        cell = int8_cell() if number % 2 else make_cell()
        environment = make_environment(host_load=float(number))
        sqlite_store.add(make_measurement(cell, number=number, environment=environment))
    assert count(sqlite_store, "measurement") == count(sqlite_store, "document") == 4
    assert count(sqlite_store, "cell") == 2
    assert count(sqlite_store, "environment") == 1


def test_images_are_kept_once(sqlite_store: SqliteStore) -> None:
    for _ in range(3):
        sqlite_store.add_image(b"one")
    sqlite_store.add_image(b"two")
    assert count(sqlite_store, "image") == 2


def test_summaries_never_read_documents(sqlite_store: SqliteStore) -> None:
    sqlite_store.add_many(make_measurement(number=i) for i in range(3))
    before = sqlite_store.summaries(), sqlite_store.history()
    sqlite_store._db.execute("DROP TABLE document")
    assert (sqlite_store.summaries(), sqlite_store.history()) == before
    with pytest.raises(StoreError, match="document"):
        sqlite_store.measurements()


@pytest.mark.parametrize("conditions", [{}, {"device_id": "x"}, {"suite": "s"}])
def test_summaries_choose_within_the_index(
    sqlite_store: SqliteStore, conditions: dict[str, str]
) -> None:
    where, values = queries.conditions(**conditions)
    told = plan(sqlite_store, queries.THAT_COUNT.format(where=where), values)
    assert "m USING COVERING INDEX measurement_that_counts" in told
    # Rows that do not count are neither sorted nor fetched: the one sort is of the winners.
    assert told.count("TEMP B-TREE") == 1
    assert told.endswith("TEMP B-TREE FOR ORDER BY")


def test_finished_is_answered_by_an_index(sqlite_store: SqliteStore) -> None:
    told = plan(sqlite_store, queries.FINISHED, ["x", "y"])
    assert "USING COVERING INDEX measurement_in_environment" in told
    assert "TEMP B-TREE" not in told


def test_a_batch_that_fails_is_kept_not_at_all(sqlite_store: SqliteStore) -> None:
    good, bad = make_measurement(number=1), make_measurement(number=2, started_at="never")
    with pytest.raises(StoreError, match="'never'"):
        sqlite_store.add_many([good, bad])
    assert sqlite_store.measurements() == []
    assert sqlite_store.add(good)


def test_an_error_of_the_caller_rolls_back(sqlite_store: SqliteStore) -> None:
    def interrupted() -> None:
        with sqlite_store._writing("trying") as db:
            db.execute(queries.ADD_IMAGE, ("sum", b"png"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert count(sqlite_store, "image") == 0
    assert sqlite_store.add(make_measurement())


def test_a_value_that_must_not_be_missing_is_an_error(sqlite_store: SqliteStore) -> None:
    """Not passed over like a measurement that is there already."""
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        sqlite_store._db.execute(queries.ADD_IMAGE, ("sum", None))


def test_a_closed_store_says_so(sqlite_store: SqliteStore) -> None:
    sqlite_store.close()
    with pytest.raises(StoreError, match="closed"):
        sqlite_store.summaries()
