"""What the harness says that it costs."""

from __future__ import annotations

import pytest

from profiler.orchestrate.collect import Collector
from profiler.orchestrate.overhead import RunClock, cell_overhead
from profiler.orchestrate.verdict import Ending
from profiler.orchestrate.watch import Watched
from profiler.records.measurement import Trace
from tests.factories import make_measurement


def watched(*messages):
    events = Collector()
    for message in messages:
        events.take(message)
    return Watched(events, Ending(0), Trace(), 10.0, 20.0, 0.1, server_start_s=2.0)


def phase(name, start, end):
    wall = {"wall_s": end - start, "cpu_s": 0.1, "memory": {}}
    return (
        {"event": "phase_begin", "phase": name, "t": start},
        {"event": "phase_end", "phase": name, "t": end, **wall},
    )


def test_a_cell_costs_what_lies_outside_its_phases():
    overhead = cell_overhead(
        watched(
            *phase("load", 12.5, 15.0), *phase("score", 15.25, 19.0), {"event": "done", "t": 19.5}
        )
    )
    # Ten seconds in all: two for the server and 6.25 in phases.
    assert overhead["harness_s"] == pytest.approx(1.75)
    assert overhead["start_s"] == pytest.approx(0.5)
    assert overhead["between_phases_s"] == pytest.approx(0.75)
    assert overhead["exit_s"] == pytest.approx(0.5)


def test_a_cell_that_told_nothing_is_all_overhead():
    assert cell_overhead(watched())["harness_s"] == pytest.approx(8.0)


def test_a_run_without_cells_has_reasons_and_no_zeros():
    figures = RunClock().figures(0.0)
    assert figures["timed_share"].value is None
    assert figures["per_cell_s"].reason == "fewer than two cells were run"


def test_the_sums_of_a_run():
    clock = RunClock()
    for number, harness in enumerate((9.0, 0.2, 0.4, 0.3)):
        clock.add(make_measurement(number=number, overhead={"harness_s": harness}))
    figures = clock.figures(5.0)
    assert figures["per_cell_s"].value == pytest.approx(0.3)
    assert figures["load_s"].value == pytest.approx(4.0)
    assert figures["import_s"].value == pytest.approx(5.0)
