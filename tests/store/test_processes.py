"""Several processes on one store, and processes that are killed while they write."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from profiler.store import open_store

_WRITER = Path(__file__).parent / "writer.py"


def start(path: Path, name: str, *numbers: int) -> subprocess.Popen[str]:
    """A process that writes; its lines tell what it was acknowledged. `numbers` as in `writer`."""
    return subprocess.Popen(
        [sys.executable, _WRITER, path, name, *map(str, numbers)],
        stdout=subprocess.PIPE,
        text=True,
    )


def check_sound(path: Path) -> None:
    """No page is damaged, and each measurement has its document, cell and environment."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        lonely = "SELECT count(*) FROM measurement WHERE seq NOT IN (SELECT seq FROM document)"
        assert db.execute(lonely).fetchone() == (0,)


def test_two_writers_of_200_each(path: Path) -> None:
    """They also make the store at the same time, and share cells and environment."""
    writers = [start(path, name, 200, 1) for name in ("a", "b")]
    for writer in writers:
        told, _ = writer.communicate(timeout=300)
        assert writer.returncode == 0
        assert told.splitlines()[-1] == "199"
    check_sound(path)
    with open_store(path, read_only=True) as store:
        ids = {m.measurement_id for m in store.measurements()}
        assert ids == {f"{name}-{i:06d}" for name in "ab" for i in range(200)}
        assert len(store.summaries()) == 50


def test_many_make_one_store_at_once(path: Path) -> None:
    writers = [start(path, f"w{i}", 1, 1) for i in range(6)]
    assert [writer.wait(timeout=300) for writer in writers] == [0] * 6
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    check_sound(path)
    with open_store(path, read_only=True) as store:
        assert len(store.measurements()) == 6


@pytest.mark.parametrize("batch", [1, 3])
def test_kill_9_between_any_two_statements_leaves_writes_whole(path: Path, batch: int) -> None:
    """The same write is killed ever later: what it does is there whole or not at all."""
    for die_at in range(1, 23):
        name = f"at{die_at:02d}"
        told, _ = (writer := start(path, name, 4 * batch, batch, die_at)).communicate(timeout=60)
        assert writer.returncode == -9
        acknowledged = sum(batch for line in told.splitlines() if line != "open")
        check_sound(path)
        with open_store(path, read_only=True) as store:
            stored = [m for m in store.measurements() if m.measurement_id.startswith(name)]
            assert len(stored) == acknowledged
    assert acknowledged >= batch, "the last turns were to be killed in the second write"


@pytest.mark.parametrize("batch", [1, 40])
def test_kill_9_while_writing_loses_nothing_acknowledged(path: Path, batch: int) -> None:
    """The signal comes at a random moment after a random number of acknowledged writes."""
    rng = random.Random(batch)
    acknowledged: set[str] = set()
    for turn in range(4):
        name = f"turn{turn}"
        writer = start(path, name, 1_000_000, batch)
        assert writer.stdout is not None
        wanted = rng.randrange(1, 2 + 40 // batch)
        lines = [line for _, line in zip(range(wanted + 1), writer.stdout, strict=False)]
        time.sleep(rng.uniform(0.0, 0.005 * batch))
        writer.kill()
        lines += writer.stdout.readlines()
        assert writer.wait(timeout=60) == -9
        writer.stdout.close()
        assert lines[0] == "open\n"
        last = int(lines[-1]) if len(lines) > 1 else -1
        acknowledged |= {f"{name}-{number:06d}" for number in range(last + 1)}
        check_sound(path)
        with open_store(path, read_only=True) as store:
            stored = {m.measurement_id: m for m in store.measurements()}
            assert acknowledged <= stored.keys()
            of_turn = [key for key in stored if key.startswith(name)]
            # At most the write under way may be there beyond what was told, and whole.
            assert len(of_turn) in {last + 1, last + 1 + batch}
            assert all(store.image(m.images["0"]) for m in stored.values())
    with open_store(path) as store:
        assert len(store.summaries()) <= 50
        assert len(store.measurements()) >= len(acknowledged) > 0
