"""What opening makes, and what it says where it cannot."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from profiler import paths
from profiler.errors import StoreError
from profiler.store import open_store
from profiler.store.sqlite import SqliteStore
from tests.factories import make_measurement

Rights = Callable[[], AbstractContextManager[None]]


def filled(path: Path) -> Path:
    with open_store(path) as store:
        store.add(make_measurement())
    return path


def test_the_users_own_store_is_the_default() -> None:
    with open_store() as store:
        assert store.location == str(paths.default_store())
    assert paths.default_store().is_file()


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    filled(tmp_path / "a" / "b" / "c.sqlite")
    assert (tmp_path / "a" / "b" / "c.sqlite").is_file()


def test_a_home_folder_and_odd_names_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    filled(Path("~/100% mine?#1.sqlite"))
    assert (tmp_path / "100% mine?#1.sqlite").is_file()


def test_a_sqlite_url_is_understood(tmp_path: Path) -> None:
    filled(tmp_path / "s.sqlite")
    with open_store(f"sqlite:///{tmp_path / 's.sqlite'}", read_only=True) as store:
        assert len(store.summaries()) == 1


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://host", "http://x/y.sqlite"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(StoreError, match="kind of store is not known"):
        open_store(url)


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(StoreError, match="empty name"):
        open_store(" ")


def test_reading_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here yet.*sdprof demo"):
        open_store(tmp_path / "folder" / "s.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_store(path: Path) -> None:
    path.touch()
    with open_store(path, read_only=True) as store:
        assert store.summaries() == []
    assert path.stat().st_size == 0
    filled(path)
    with open_store(path, read_only=True) as store:
        assert len(store.summaries()) == 1


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_is_not_a_store(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(StoreError, match=r"this is a folder.*sdprof\.sqlite"):
        open_store(tmp_path, read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database(path: Path, read_only: bool) -> None:
    path.write_text("cell,latency\n" * 200)
    with pytest.raises(StoreError, match=r"not a SQLite database.*name another store") as told:
        open_store(path, read_only)
    assert str(path) in str(told.value)
    assert path.read_text() == "cell,latency\n" * 200


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"folder of the store cannot be made.*--store"):
        open_store(tmp_path / "file" / "s.sqlite")


def test_a_damaged_store_is_named_as_such(path: Path) -> None:
    with open_store(path) as store:
        store.add_many(make_measurement(number=i) for i in range(50))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * len(content[4096:])
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*\.recover"), open_store(path, True) as store:
        store.summaries()


def test_a_reader_cannot_write(path: Path) -> None:
    filled(path)
    with open_store(path, read_only=True) as store:
        assert store.read_only
        for write in (
            lambda: store.add(make_measurement(number=1)),
            lambda: store.add_image(b"png"),
        ):
            with pytest.raises(StoreError, match="opened for reading only"):
                write()


def test_a_reader_sees_what_a_writer_adds(path: Path) -> None:
    with open_store(path) as writer, open_store(path, read_only=True) as reader:
        assert reader.measurements() == []
        writer.add(make_measurement())
        assert len(reader.measurements()) == 1


def test_a_lock_that_is_held_for_too_long(path: Path) -> None:
    filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with SqliteStore(path, busy_timeout_s=0.05) as store:
            with pytest.raises(StoreError, match=r"m000001.*locked for too long.*wait for it"):
                store.add(make_measurement(number=1))
            assert len(store.measurements()) == 1
            other.execute("ROLLBACK")
            assert store.add(make_measurement(number=1))
    finally:
        other.close()


def test_making_a_store_waits_for_a_lock_in_vain(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError, match="locked for too long"):
            SqliteStore(path, busy_timeout_s=0.05)
    finally:
        other.close()


def test_a_folder_without_the_right_to_write(open_folder: Path, without_rights: Rights) -> None:
    open_folder.chmod(0o555)
    with without_rights():
        with pytest.raises(StoreError, match=r"cannot be opened.*check the rights"):
            open_store(open_folder / "s.sqlite")
        with pytest.raises(StoreError, match="folder of the store cannot be made"):
            open_store(open_folder / "new" / "s.sqlite")


def test_a_file_without_the_right_to_read(open_folder: Path, without_rights: Rights) -> None:
    filled(open_folder / "s.sqlite").chmod(0)
    with without_rights():
        for read_only in (False, True):
            with pytest.raises(StoreError, match=r"s\.sqlite.*check the rights"):
                open_store(open_folder / "s.sqlite", read_only)


def test_a_store_that_may_only_be_read(open_folder: Path, without_rights: Rights) -> None:
    path = filled(open_folder / "s.sqlite")
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with without_rights():
        with open_store(path, read_only=True) as store:
            assert len(store.summaries()) == 1
            assert store.measurements() == [make_measurement()]
        with pytest.raises(StoreError, match=r"may be read but not written.*--store"):
            open_store(path)


def test_an_unfinished_log_beside_a_store_is_never_passed_over(
    open_folder: Path, without_rights: Rights
) -> None:
    """What a killed writer left in the -wal file must not be missing from the answer unsaid."""
    with open_store(open_folder / "busy.sqlite") as writer:
        writer.add(make_measurement())
        for suffix in ("", "-wal"):
            shutil.copy(open_folder / f"busy.sqlite{suffix}", open_folder / f"left.sqlite{suffix}")
    open_folder.chmod(0o555)
    with without_rights(), pytest.raises(StoreError, match="copy it with its -wal file"):
        open_store(open_folder / "left.sqlite", read_only=True)
    open_folder.chmod(0o755)
    with open_store(open_folder / "left.sqlite", read_only=True) as store:
        assert len(store.summaries()) == 1


def test_a_read_only_medium(tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    filled(medium / "s.sqlite")
    bound = subprocess.run(
        ["mount", "--bind", "-o", "ro", medium, medium], capture_output=True, check=False
    )
    if bound.returncode:
        pytest.skip("this user may not mount")
    try:
        with open_store(medium / "s.sqlite", read_only=True) as store:
            assert len(store.summaries()) == 1
        with pytest.raises(StoreError, match=r"cannot be opened|may be read but not written"):
            open_store(medium / "s.sqlite")
        with pytest.raises(StoreError, match=r"cannot be opened|cannot be made"):
            open_store(medium / "other.sqlite")
    finally:
        subprocess.run(["umount", medium], check=True)
