"""Jobs, suites and questions about processes, for the tests of the bench."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from profiler.records.job import Job
from profiler.records.suite import MeasureSpec, QualitySpec, SuiteSpec
from tests.factories import make_cell

QUICK = MeasureSpec(warmup=1, min_repeats=2, max_repeats=2, timeout_s=60.0, threads=1)
_PATIENCE_S = 60.0


def make_job(scratch: Path, **changes: Any) -> Job:
    fields: dict[str, Any] = {
        "job_id": "job-1",
        "cell": make_cell(),
        "measure": QUICK,
        "quality": QualitySpec(),
        "device": "cpu",
        "scratch": str(scratch),
    }
    return Job(**{**fields, **changes})


def make_suite(*cells: Any, **changes: Any) -> SuiteSpec:
    fields: dict[str, Any] = {
        "name": "trial",
        "schema_version": 1,
        "description": "",
        "cells": cells,
        "baseline": cells[0],
        "measure": QUICK,
        "quality": QualitySpec(metrics=(), images=2, keep_images=1),
    }
    return SuiteSpec(**{**fields, **changes})


def alive(pid: int) -> bool:
    """Does the process run? A zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def gone(pid: int) -> bool:
    """Wait for the end of a process that was killed; False if it does not end."""
    deadline = time.monotonic() + _PATIENCE_S
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
        time.sleep(0.01)
    return True


def eventually(question: Any) -> Any:
    """The first true answer; fails where none comes."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.01)
    raise AssertionError("it never came true")


def pipeline_like(folder: Path) -> str:
    """A folder that passes for a pipeline as long as nobody loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text("{}")
    return str(folder)


class Recorder:
    """A listener that writes down what it is told."""

    def __init__(self, on_phase: Any = None) -> None:
        self.plan: Any = None
        self.started: list[str] = []
        self.finished: list[str] = []
        self.notes: list[str] = []
        self._on_phase = on_phase or (lambda cell, name: None)

    def run_started(self, run: Any, plan: Any) -> None:
        self.plan = plan

    def cell_started(self, cell: Any, number: int, count: int) -> None:
        self.started.append(cell.cell_id)

    def phase(self, cell: Any, name: str) -> None:
        self._on_phase(cell, name)

    def cell_finished(self, cell: Any, measurement: Any) -> None:
        self.finished.append(measurement.outcome.value)

    def run_finished(self, run: Any) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)
