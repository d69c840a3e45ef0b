"""How a sweep shows its progress."""

from __future__ import annotations

import pytest

from profiler.cli.progress import Lines
from profiler.cli.run import overhead_text
from profiler.orchestrate.plan import FILTERED, RUN, STORED, Plan, PlanRow
from profiler.records.measurement import RunInfo
from profiler.records.quantity import measured, unavailable
from tests.factories import make_cell, make_measurement


def a_run(**changes: object) -> RunInfo:
    moment = make_measurement()
    parts = {"run_id": "r", "name": "", "suite": "s", "device_id": "d"}
    known = {"started_at": moment.started_at, "environment": moment.environment}
    return RunInfo(**{**parts, **known, **changes})  # type: ignore[arg-type]


def test_the_first_line_tells_why_cells_do_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = unavailable("s", "does not run")
    states = (RUN, STORED, FILTERED, FILTERED)
    rows = [PlanRow(make_cell(steps=i), state, "", nothing) for i, state in enumerate(states, 1)]
    Lines().run_started(a_run(), Plan(tuple(rows)))
    told = capsys.readouterr().err
    assert told == "s on d: 1 of 4 cells to run (1 stored already, 2 left out by --only)\n"


def test_an_unknown_cost_per_cell_has_its_reason() -> None:
    share = {"timed_share": measured(0.5, "1")}
    few = {**share, "per_cell_s": unavailable("s", "fewer than two cells were run")}
    assert "per cell unknown (fewer than two cells were run)" in overhead_text(a_run(overhead=few))
    known = {**share, "per_cell_s": measured(0.2, "s")}
    assert "the harness itself: 200 ms per cell" in overhead_text(a_run(overhead=known))
