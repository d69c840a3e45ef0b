"""Old stores open and are upgraded; newer ones and those of other programs are left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from profiler.errors import StoreError
from profiler.records.measurement import Outcome
from profiler.store import Store, open_store, schema
from profiler.store.sqlite import SqliteStore
from tests.factories import int8_cell, make_cell, make_measurement

_FIXTURES = Path(__file__).parent / "fixtures"
_NEXT = (
    *schema.STEPS,
    (
        "ALTER TABLE measurement ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "UPDATE measurement SET note = 'from ' || suite",
    ),
)
_BROKEN = (
    *schema.STEPS,
    ("ALTER TABLE measurement ADD COLUMN note TEXT", "UPDATE no_such_table SET x = 1"),
)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return schema.version_of(db)


@pytest.fixture
def v1(path: Path) -> Path:
    """A store as version 1 left it."""
    db = sqlite3.connect(path)
    db.executescript((_FIXTURES / "v1.sql").read_text(encoding="utf-8"))
    db.close()
    return path


def check_v1(store: Store) -> None:
    """Everything that the dump of version 1 holds."""
    plain, int8 = store.summaries()
    assert plain.cell == make_cell()
    assert plain.figures["latency_s_per_image"].value == pytest.approx(0.4, rel=0.01)
    assert int8.cell == int8_cell()
    assert int8.baseline_id == make_cell().cell_id
    assert store.finished("cpu-example-2c", plain.environment_id) == {
        make_cell().cell_id: Outcome.CRASH,
        int8_cell().cell_id: Outcome.OK,
    }
    crash = store.measurement("crash")
    assert crash.failure is not None
    assert crash.failure.details == {"signal": 6}
    whole = store.measurement(plain.measurement_ids[0])
    assert len(whole.warm_runs()) == 8
    assert whole.environment.host_load == 0.2
    assert store.image(whole.images["0"]) == b"\x89PNG\r\n\x1a\nv1"
    [run] = store.runs()
    assert (run.name, run.overhead["bench_cpu_s"].value) == ("first nights", 1.5)


def test_every_version_has_a_dump_that_is_tested() -> None:
    assert {file.stem for file in _FIXTURES.glob("*.sql")} == {
        f"v{number}" for number in range(1, len(schema.STEPS) + 1)
    }


def test_the_dump_is_what_the_steps_make(v1: Path, tmp_path: Path) -> None:
    def tables(path: Path) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path)) as db:
            return db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()

    made = tmp_path / "made.sqlite"
    SqliteStore(made, steps=schema.STEPS[:1]).close()
    assert tables(v1) == tables(made)


@pytest.mark.parametrize("read_only", [False, True])
def test_version_1_opens(v1: Path, read_only: bool) -> None:
    with open_store(v1, read_only) as store:
        check_v1(store)
    if not read_only:
        assert version(v1) == len(schema.STEPS)


def test_opening_for_writing_upgrades_the_file(v1: Path) -> None:
    with SqliteStore(v1, steps=_NEXT) as store:
        check_v1(store)
        assert store.add(make_measurement(number=9))
    with sqlite3.connect(v1) as db:
        assert schema.version_of(db) == len(_NEXT)
        assert db.execute("SELECT DISTINCT note FROM measurement ORDER BY 1").fetchall() == [
            ("",),
            ("from quickstart",),
        ]


def test_opening_for_reading_upgrades_a_copy(v1: Path) -> None:
    before = v1.read_bytes()
    with SqliteStore(v1, read_only=True, steps=_NEXT) as store:
        check_v1(store)
        with pytest.raises(StoreError, match="for reading only"):
            store.add(make_measurement(number=9))
    assert v1.read_bytes() == before


def test_an_upgrade_that_fails_changes_nothing(v1: Path) -> None:
    with pytest.raises(StoreError, match="no_such_table"):
        SqliteStore(v1, steps=_BROKEN)
    assert version(v1) == 1
    with open_store(v1) as store:
        check_v1(store)


def test_an_upgraded_store_opens_again_without_further_steps(v1: Path) -> None:
    SqliteStore(v1, steps=_NEXT).close()
    with SqliteStore(v1, steps=_NEXT) as store:
        check_v1(store)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_store_asks_for_an_upgrade_of_sdprof(path: Path, read_only: bool) -> None:
    SqliteStore(path, steps=_NEXT).close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"made by a newer sdprof .*pip install --upgrade") as told:
        open_store(path, read_only)
    assert str(path) in str(told.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_another_programs_database_is_left_alone(path: Path, read_only: bool) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmark (url TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"belongs to another program.*--store"):
        open_store(path, read_only)
    assert path.read_bytes() == before
