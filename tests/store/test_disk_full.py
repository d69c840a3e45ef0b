"""A full disk: it is said so, nothing half is kept, and the store goes on once there is room."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from profiler.errors import InputError, StoreError
from profiler.store import Store, open_store
from profiler.store.export import export
from profiler.store.sqlite import SqliteStore
from tests.factories import make_measurement


def check_whole(path: Path, stored: int) -> None:
    """The database is sound and has exactly this many measurements, each with its document."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_store(path, read_only=True) as store:
        assert len(store.measurements()) == len(store.history()) == stored


def add_until_full(store: Store) -> int:
    """Add measurements and images until the store complains; how many were acknowledged."""
    acknowledged: list[int] = []

    def add_for_ever() -> None:
        for number in range(10_000):
            store.add_image(os.urandom(4096))
            store.add(make_measurement(number=number))
            acknowledged.append(number)

    with pytest.raises(StoreError, match=r"the disk is full.*free some space") as told:
        add_for_ever()
    assert store.location in str(told.value)
    return len(acknowledged)


def test_a_page_limit(path: Path) -> None:
    """SQLite's own limit gives the error of a full disk (SQLITE_FULL) on every machine."""
    with SqliteStore(path) as store:
        store._db.execute("PRAGMA max_page_count = 60")
        stored = add_until_full(store)
        assert stored > 0
        with pytest.raises(StoreError, match=r"m020000.* and 199 more failed.*disk is full"):
            store.add_many(make_measurement(number=20_000 + i) for i in range(200))
        assert len(store.measurements()) == stored
        store._db.execute("PRAGMA max_page_count = 100000")
        assert store.add(make_measurement(number=stored))
    check_whole(path, stored + 1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    path, ballast = small_disk / "store.sqlite", small_disk / "ballast"
    with open_store(path) as store:
        store.add(make_measurement(number=99_999))
        ballast.write_bytes(bytes(300_000))
        stored = add_until_full(store) + 1
        rows = store.summaries()
        with pytest.raises(InputError, match=r"out\.json.*No space left"):
            export(rows * 500, small_disk / "out.json")
        assert not (small_disk / "out.json").exists()
        ballast.unlink()
        assert store.add(make_measurement(number=88_888))
    check_whole(path, stored + 1)


def test_a_disk_too_full_for_a_new_store(small_disk: Path) -> None:
    room = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_frsize))
    with pytest.raises(StoreError, match=r"store\.sqlite.*(disk is full|disk reported an error)"):
        open_store(small_disk / "store.sqlite")
