"""SQLite's errors in words: what happened, where, and the next move."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from profiler.errors import StoreError

# Primary result codes, https://www.sqlite.org/rescode.html
_ADVICE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: (
        "another process has held the store locked for too long",
        "wait for it or end it, then run the command again",
    ),
    sqlite3.SQLITE_LOCKED: (
        "another process has held the store locked for too long",
        "wait for it or end it, then run the command again",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "free some space and run the command again; what was stored before is safe",
    ),
    sqlite3.SQLITE_READONLY: (
        "the store may be read but not written",
        "give yourself the right to write the file and its folder, "
        "or name another store with --store",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        "check the rights to the file and its folder, or name another store with --store; "
        "on a read-only medium, copy it with its -wal file to a folder that you may write",
    ),
    sqlite3.SQLITE_PERM: (
        "access is denied",
        "check the rights to the file and its folder, or name another store with --store",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database",
        "name another store with --store, or move this file away",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the database is damaged",
        "save a copy and recover what can be with: sqlite3 FILE .recover",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk reported an error",
        "check the disk and its free space, then run the command again",
    ),
}


def primary_code(error: sqlite3.Error) -> int | None:
    """The primary result code, None where the error is not SQLite's own."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def explain(error: sqlite3.Error, location: str, doing: str) -> str:
    """One message: where, what was tried, what happened, next move."""
    what, move = _ADVICE.get(
        primary_code(error) or sqlite3.SQLITE_OK,
        ("SQLite refused", "please report this with the command that led here"),
    )
    return f"{location}: {doing} failed: {what} ({error}); {move}"


@contextmanager
def telling(location: str, doing: str) -> Iterator[None]:
    """Within this block, an error of SQLite becomes a `StoreError` for people."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(explain(error, location, doing)) from error
