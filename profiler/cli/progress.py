"""How a sweep shows its progress: a bar on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from profiler.analysis.format import short
from profiler.catalogue.naming import cell_label
from profiler.cli import terminal
from profiler.orchestrate.listener import Listener
from profiler.orchestrate.plan import FILTERED, IMPOSSIBLE, STORED, Plan
from profiler.records.cell import Cell
from profiler.records.codec import to_json
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.stats.figures import figures_of

if TYPE_CHECKING:
    from tqdm import tqdm


def make_listener(*, as_json: bool) -> Listener:
    """The listener that fits where standard error (progress) and output (JSON lines) go."""
    if as_json:
        return JsonLines()
    return Bar() if sys.stderr.isatty() else Lines()


def verdict(measurement: Measurement) -> str:
    """One cell's end in a few words: its latency and peak memory, or how it failed."""
    if measurement.outcome is not Outcome.OK:
        failure = measurement.failure
        stage = f" in {failure.stage}: {failure.message.splitlines()[0]}" if failure else ""
        return f"{measurement.outcome.value.replace('_', ' ')}{stage}"
    figures = figures_of(measurement)
    latency, memory = figures["latency_s_per_image"], figures["peak_memory_bytes"]
    return f"{short(latency)} per image, {short(memory)}"


class Lines:
    """One plain line per cell on standard error."""

    def __init__(self) -> None:
        self.position = ""

    def run_started(self, run: RunInfo, plan: Plan) -> None:
        """How many cells will run and how many not."""
        count, total = len(plan.to_run()), len(plan.rows)
        others = [
            f"{len(plan.of(state))} {words}"
            for state, words in (
                (STORED, "stored already"),
                (IMPOSSIBLE, "impossible here"),
                (FILTERED, "left out by --only"),
            )
            if plan.of(state)
        ]
        rest = f" ({', '.join(others)})" if others else ""
        self.note(
            f"{run.suite} on {run.device_id}: {count} of {terminal.cells(total)} to run{rest}"
        )

    def cell_started(self, cell: Cell, number: int, count: int) -> None:
        """Remember the place; the line is printed when the cell ends."""
        self.position = f"[{number}/{count}]"

    def phase(self, cell: Cell, name: str) -> None:
        """Phases are too many for plain lines."""

    def cell_finished(self, cell: Cell, measurement: Measurement) -> None:
        """The cell with its verdict."""
        self.note(f"{self.position} {cell_label(cell)}: {verdict(measurement)}")

    def run_finished(self, run: RunInfo) -> None:
        """How the run ended."""
        self.note(f"run {run.name or run.run_id}: {run.state}")

    def note(self, text: str) -> None:
        """One line on standard error."""
        print(text, file=sys.stderr, flush=True)


class Bar(Lines):
    """A progress bar with the phase at work, the estimated time left, and a line per cell."""

    def __init__(self) -> None:
        super().__init__()
        self.bar: tqdm[Any] | None = None

    def run_started(self, run: RunInfo, plan: Plan) -> None:
        """Open the bar."""
        super().run_started(run, plan)
        if not plan.to_run():
            return
        from tqdm import tqdm

        self.bar = tqdm(
            total=len(plan.to_run()),
            unit="cell",
            dynamic_ncols=True,
            bar_format="{desc} {bar} {n_fmt}/{total_fmt}, {elapsed} gone, about {remaining} left",
        )

    def phase(self, cell: Cell, name: str) -> None:
        """Show what is being done."""
        if self.bar is not None:
            self.bar.set_description_str(f"{cell_label(cell)[:40]}: {name.replace('_', ' ')}")

    def cell_finished(self, cell: Cell, measurement: Measurement) -> None:
        """A line above the bar, and one step on."""
        super().cell_finished(cell, measurement)
        if self.bar is not None:
            self.bar.update()

    def run_finished(self, run: RunInfo) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
        super().run_finished(run)

    def note(self, text: str) -> None:
        """A line above the bar."""
        if self.bar is None:
            super().note(text)
        else:
            self.bar.write(text, file=sys.stderr)


class JsonLines:
    """One JSON object per event on standard output, for machines."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def _write(self, event: str, **fields: Any) -> None:
        elapsed = round(time.monotonic() - self.start, 3)
        record = {"event": event, "elapsed_s": elapsed, **fields}
        print(terminal.json_text(record), flush=True)

    def run_started(self, run: RunInfo, plan: Plan) -> None:
        """The run and its plan."""
        rows = [
            {"cell_id": row.cell.cell_id, "state": row.state, "reason": row.reason}
            for row in plan.rows
        ]
        self._write("run_started", run_id=run.run_id, suite=run.suite, plan=rows)

    def cell_started(self, cell: Cell, number: int, count: int) -> None:
        """A cell begins."""
        label = cell_label(cell)
        self._write("cell_started", cell_id=cell.cell_id, label=label, number=number, count=count)

    def phase(self, cell: Cell, name: str) -> None:
        """A cell enters a phase."""
        self._write("phase", cell_id=cell.cell_id, phase=name)

    def cell_finished(self, cell: Cell, measurement: Measurement) -> None:
        """A cell ended: outcome, figures, quality, failure."""
        self._write(
            "cell_finished",
            cell_id=cell.cell_id,
            outcome=measurement.outcome.value,
            failure=to_json(measurement.failure),
            figures=to_json(figures_of(measurement)),
            quality=to_json(measurement.quality),
        )

    def run_finished(self, run: RunInfo) -> None:
        """The run with its own overhead."""
        overhead = to_json(run.overhead)
        self._write("run_finished", run_id=run.run_id, state=run.state, overhead=overhead)

    def note(self, text: str) -> None:
        """A sentence for people."""
        self._write("note", text=text)
