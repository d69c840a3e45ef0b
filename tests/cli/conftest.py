"""A store with a small sweep in it, and the command as a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from profiler.cli.door import main
from profiler.records.quantity import measured
from profiler.store import open_store
from tests.factories import failed_measurement, int8_cell, make_cell, make_measurement


@dataclass(frozen=True)
class Answer:
    """What a command printed and returned."""

    code: int
    out: str
    err: str


@pytest.fixture
def sdprof(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Call a command in this process: `sdprof("results", "list")`."""

    def call(*arguments: object) -> Answer:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse's own way out
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    """A baseline, a quicker int8 cell, one of poor quality, one out of memory."""
    path = tmp_path / "store.sqlite"
    with open_store(path) as store:
        store.add(make_measurement(make_cell(), 0.4, 1))
        store.add(make_measurement(int8_cell(), 0.3, 2))
        poor = {"prompt_alignment": measured(0.3, "1", 0.25, 0.35)}
        store.add(make_measurement(make_cell(steps=4), 0.1, 3, quality=poor))
        store.add(failed_measurement(make_cell(batch_size=64)))
    return path
