"""Which cells run, in which order, and for how long."""

from __future__ import annotations

import pytest

from profiler.devices.detect import local_device
from profiler.errors import InputError
from profiler.orchestrate.plan import make_plan
from profiler.records.measurement import Outcome
from profiler.records.quantity import Evidence
from profiler.records.suite import MeasureSpec
from profiler.store.condense import summary_of
from tests.factories import make_cell, make_measurement
from tests.orchestrate.jobs import make_suite

DEVICE = local_device("cpu").profile


@pytest.fixture
def cells(weights):
    return [make_cell(model="sd15", weights=weights, steps=steps) for steps in (10, 20, 40)]


def states(plan):
    return {row.cell.steps: row.state for row in plan.rows}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.OK, "stored"),
        (Outcome.OUT_OF_MEMORY, "stored"),
        (Outcome.UNSUPPORTED, "run"),
        (Outcome.INVALID_OUTPUT, "stored"),
        (Outcome.CRASH, "run"),
        (Outcome.TIMEOUT, "run"),
        (Outcome.ERROR, "run"),
    ],
)
def test_what_would_come_out_the_same_is_not_repeated(cells, outcome, state):
    finished = {cells[1].cell_id: outcome}
    plan = make_plan(make_suite(*cells), DEVICE, finished, False)
    assert states(plan) == {10: "run", 20: state, 40: "run"}
    assert states(make_plan(make_suite(*cells), DEVICE, finished, True))[20] == "run"


def test_every_row_that_does_not_run_says_why(cells):
    odd = make_cell(model="sd15", weights=cells[0].weights, width_px=63, steps=7)
    suite = make_suite(*cells, odd)
    plan = make_plan(suite, DEVICE, {cells[0].cell_id: Outcome.OK}, False, "steps != 20")
    assert states(plan) == {10: "stored", 20: "filtered", 40: "run", 7: "impossible"}
    for row in plan.rows:
        assert bool(row.reason) == (row.state != "run")
        assert row.estimate_s.value is None


def test_the_baseline_comes_first_even_where_the_axes_do_not_make_it(cells):
    suite = make_suite(cells[0], cells[1], baseline=cells[2])
    rows = make_plan(suite, DEVICE, {}, False).rows
    assert [row.cell.steps for row in rows] == [40, 10, 20]


def test_the_baseline_of_each_model_comes_before_what_is_compared_with_it(cells):
    other = make_cell()
    suite = make_suite(cells[0], cells[1], other, baseline=cells[0], baselines=(other,))
    rows = make_plan(suite, DEVICE, {}, False).rows
    assert [row.cell for row in rows] == [cells[0], other, cells[1]]


def test_an_expression_that_means_nothing_is_refused(cells):
    with pytest.raises(InputError):
        make_plan(make_suite(*cells), DEVICE, {}, False, "stepps = 20")


def plan_after_measuring(cells, measured_cell, **changes):
    measure = MeasureSpec(warmup=1, min_repeats=10, max_repeats=20, timeout_s=600)
    summary = summary_of(
        make_measurement(measured_cell, latency_s=0.5, device_id=DEVICE.id, **changes)
    )
    suite = make_suite(*cells, measure=measure)
    return make_plan(suite, DEVICE, {}, False, summaries=[summary])


def test_a_measured_cell_is_estimated_from_itself(cells):
    plan = plan_after_measuring(cells, cells[1])
    estimate = {row.cell.steps: row.estimate_s for row in plan.rows}[20]
    assert estimate.evidence is Evidence.PREDICTED
    # load 1.0 s + first image 0.5 s + warm-up and 10 to 20 repeats of 0.5 s
    assert estimate.low == pytest.approx(1.0 + 0.5 + 11 * 0.5, rel=0.02)
    assert estimate.high == pytest.approx(1.0 + 0.5 + 21 * 0.5, rel=0.02)


def test_other_cells_are_scaled_by_their_work(cells):
    plan = plan_after_measuring(cells, cells[1])
    estimates = {row.cell.steps: row.estimate_s for row in plan.rows}
    assert estimates[40].value == pytest.approx(1.0 + 1.0 + 11 * 1.0, rel=0.02)
    assert "scaled; 10 to 20 repeats" in estimates[40].source
    assert plan.estimate_s.value == pytest.approx(sum(e.value for e in estimates.values()))


def test_nothing_is_guessed_for_another_model_or_device(cells):
    plan = plan_after_measuring(cells, make_cell())
    assert plan.rows[0].estimate_s.value is None
    assert "sd15" in plan.rows[0].estimate_s.reason
    assert plan.estimate_s.value is None
