"""A process that writes to a store and says so after each acknowledged write; ended by a signal.

python writer.py PATH NAME COUNT BATCH [DIE_AT]: adds COUNT measurements NAME-000000..., by `add`
where BATCH is 1, else by `add_many` with an image, and prints the last number after every write.
It kills itself with signal 9 as its DIE_AT-th SQL statement after opening is about to begin.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from profiler.store.sqlite import SqliteStore
from tests.factories import make_cell, make_measurement


def main(path: str, name: str, count: int, batch: int, die_at: int = 0) -> None:
    """Write until done."""
    plain = make_measurement()
    with SqliteStore(Path(path)) as store:
        if die_at:
            die_at_statement(store, die_at)
        sys.stdout.write("open\n")
        sys.stdout.flush()
        for first in range(0, count, batch):
            numbers = range(first, min(first + batch, count))
            sha256 = store.add_image(f"{name}-{first}".encode() * 1000)
            made = [
                replace(
                    plain,
                    measurement_id=f"{name}-{number:06d}",
                    cell=make_cell(seed=number % 50),
                    images={"0": sha256},
                )
                for number in numbers
            ]
            if batch == 1:
                store.add(made[0])
            else:
                store.add_many(made)
            sys.stdout.write(f"{numbers[-1]}\n")
            sys.stdout.flush()


def die_at_statement(store: SqliteStore, number: int) -> None:
    """Let SQLite's trace count the statements."""
    seen = 0

    def count(statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    store._db.set_trace_callback(count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
