"""Who is told of a run's progress; how it looks is the listener's matter."""

from __future__ import annotations

from typing import Protocol

from profiler.orchestrate.plan import Plan
from profiler.records.cell import Cell
from profiler.records.measurement import Measurement, RunInfo


class Listener(Protocol):
    """Called in the bench's thread, between and within cells; must be quick and not raise."""

    def run_started(self, run: RunInfo, plan: Plan) -> None:
        """The plan stands; nothing was started yet."""

    def cell_started(self, cell: Cell, number: int, count: int) -> None:
        """Cell `number` (from 1) of `count` that will run."""

    def phase(self, cell: Cell, name: str) -> None:
        """The cell entered a phase of `records.job.PHASES`."""

    def cell_finished(self, cell: Cell, measurement: Measurement) -> None:
        """The cell ended, well or not, and is stored."""

    def run_finished(self, run: RunInfo) -> None:
        """The run ended; `run.state` says how."""

    def note(self, text: str) -> None:
        """Something that the user should know, in a sentence."""


class Silent:
    """A listener that does nothing."""

    def run_started(self, run: RunInfo, plan: Plan) -> None:
        """Nothing."""

    def cell_started(self, cell: Cell, number: int, count: int) -> None:
        """Nothing."""

    def phase(self, cell: Cell, name: str) -> None:
        """Nothing."""

    def cell_finished(self, cell: Cell, measurement: Measurement) -> None:
        """Nothing."""

    def run_finished(self, run: RunInfo) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
