"""The loop over the cells, with toy workers and a store in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.errors import StoreError
from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.records.measurement import Outcome
from profiler.records.suite import QualitySpec
from profiler.store.memory import MemoryStore
from tests.factories import make_cell
from tests.orchestrate.jobs import QUICK, Recorder, make_suite

CPU = RunOptions(device="cpu")


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def cells(weights):
    return [make_cell(model="sd15", weights=weights, steps=steps) for steps in (4, 5, 6)]


def outcomes(store):
    return {m.cell.steps: m.outcome for m in store.measurements()}


def test_every_cell_is_stored_with_what_its_worker_told(store, cells, toy_fork):
    run = run_suite(make_suite(*cells), store, CPU, launcher=toy_fork)
    assert run.state == "finished"
    assert outcomes(store) == dict.fromkeys((4, 5, 6), Outcome.OK)
    measurement = store.measurements(cell_id=cells[1].cell_id)[0]
    assert measurement.run_id == run.run_id
    assert measurement.baseline_id == cells[0].cell_id
    assert len(measurement.runs) == 4
    assert measurement.weights.total_bytes == 4
    assert measurement.phases[0].memory["rss"].value > 0
    assert measurement.energy["energy_j_per_image"].unit == "J"
    assert measurement.images.keys() == {"0"}
    assert store.image(measurement.images["0"]).startswith(b"\x89PNG")
    assert store.runs() == [run]


def test_the_baseline_runs_first_and_its_images_go_to_the_others(store, cells, toy_fork):
    listener = Recorder()
    spec = make_suite(*cells, baseline=cells[2])
    run_suite(spec, store, CPU, listener, toy_fork)
    assert listener.started[0] == cells[2].cell_id
    told = {m.cell.steps: m.quality["references"].value for m in store.measurements()}
    assert told == {6: 0.0, 4: 1.0, 5: 1.0}


def test_a_stored_baseline_lends_its_images_too(store, cells, toy_fork):
    run_suite(make_suite(cells[0]), store, CPU, launcher=toy_fork)
    run_suite(make_suite(*cells), store, CPU, launcher=toy_fork)
    told = {m.cell.steps: m.quality["references"].value for m in store.measurements()}
    assert told == {4: 0.0, 5: 1.0, 6: 1.0}


def test_after_a_failed_baseline_paired_metrics_say_so(store, cells, toy_fork):
    spec = make_suite(*cells[:2], quality=QualitySpec(metrics=("psnr", "clip_score"), images=1))
    options = replace(CPU, faults={cells[0].cell_id: "load:abort"})
    run_suite(spec, store, options, launcher=toy_fork)
    assert outcomes(store) == {4: Outcome.CRASH, 5: Outcome.OK}
    psnr = store.measurements(cell_id=cells[1].cell_id)[0].quality["psnr"]
    assert psnr.value is None
    assert "the baseline ended with crash in load" in psnr.reason


def test_a_cell_of_another_size_is_not_paired(store, weights, cells, toy_fork):
    other = replace(cells[1], width_px=128)
    spec = make_suite(cells[0], other, quality=QualitySpec(metrics=("psnr",), images=1))
    run_suite(spec, store, CPU, launcher=toy_fork)
    psnr = store.measurements(cell_id=other.cell_id)[0].quality["psnr"]
    assert "another width" in psnr.reason


def test_what_is_stored_does_not_run_again(store, cells, toy_fork):
    spec = make_suite(*cells)
    run_suite(spec, store, CPU, launcher=toy_fork)
    listener = Recorder()
    run = run_suite(spec, store, CPU, listener, toy_fork)
    assert listener.started == []
    assert run.state == "finished"
    assert len(store.measurements()) == 3


def test_fresh_measures_again(store, cells, toy_fork):
    spec = make_suite(*cells[:2])
    run_suite(spec, store, CPU, launcher=toy_fork)
    run_suite(spec, store, replace(CPU, fresh=True), launcher=toy_fork)
    assert len(store.measurements()) == 4


def test_accidents_are_tried_again_and_verdicts_are_not(store, cells, toy_fork):
    spec = make_suite(*cells)
    faults = {cells[1].cell_id: "load:abort"}
    run_suite(spec, store, replace(CPU, faults=faults), launcher=toy_fork)
    assert outcomes(store) == {4: Outcome.OK, 5: Outcome.CRASH, 6: Outcome.OK}
    listener = Recorder()
    run_suite(spec, store, CPU, listener, toy_fork)
    assert listener.started == [cells[1].cell_id]


def test_an_impossible_cell_is_stored_once_with_its_reason(store, cells, toy_fork):
    impossible = replace(cells[1], width_px=63)
    spec = make_suite(cells[0], impossible)
    for _ in range(2):
        run_suite(spec, store, CPU, launcher=toy_fork)
    (measurement,) = store.measurements(cell_id=impossible.cell_id)
    assert measurement.outcome is Outcome.UNSUPPORTED
    assert measurement.failure.stage == "plan"
    assert "63" in measurement.failure.message


def test_only_leaves_the_others_out(store, cells, toy_fork):
    run_suite(make_suite(*cells), store, replace(CPU, only="steps=5"), launcher=toy_fork)
    assert outcomes(store) == {5: Outcome.OK}


def test_ctrl_c_ends_the_run_and_the_next_one_resumes(store, cells, toy_fork):
    def interrupt(cell, phase):
        if cell.steps == 5 and phase == "warm_images":
            raise KeyboardInterrupt

    spec, listener = make_suite(*cells), Recorder(interrupt)
    run = run_suite(spec, store, CPU, listener, toy_fork)
    assert run.state == "interrupted"
    assert [r.state for r in store.runs()] == ["interrupted"]
    assert outcomes(store) == {4: Outcome.OK}
    resumed = Recorder()
    run_suite(spec, store, CPU, resumed, toy_fork)
    assert resumed.started == [cells[1].cell_id, cells[2].cell_id]


def test_no_cell_starts_after_the_time_budget(store, cells, toy_fork):
    listener = Recorder()
    options = replace(CPU, time_budget_s=0.0)
    run = run_suite(make_suite(*cells), store, options, listener, toy_fork)
    assert run.state == "budget"
    assert listener.started == []
    assert any("3 cell(s) were not started" in note for note in listener.notes)


def test_nothing_is_started_when_there_is_nothing_to_run(store, cells, toy_fork):
    run_suite(make_suite(*cells), store, replace(CPU, only="steps=99"), launcher=toy_fork)
    assert toy_fork.server_pid is None


def test_the_run_tells_its_own_cost(store, cells, toy_fork):
    run = run_suite(make_suite(*cells), store, CPU, launcher=toy_fork)
    assert run.overhead["import_s"].value > 0
    assert run.overhead["bench_cpu_s"].value > run.overhead["sampler_cpu_s"].value > 0
    assert 0 < run.overhead["timed_share"].value < 1
    assert run.overhead["per_cell_s"].value > 0
    parts = store.measurements()[1].overhead
    assert parts["harness_s"] == pytest.approx(
        parts["start_s"] + parts["between_phases_s"] + parts["exit_s"], abs=0.05
    )


class FullStore(MemoryStore):
    """A store whose disk fills up after some measurements."""

    def __init__(self, location, room):
        super().__init__()
        self._location, self._room = location, room

    @property
    def location(self):
        return self._location

    def add(self, measurement):
        if len(self._measurements) >= self._room:
            raise StoreError("the disk is full")
        return super().add(measurement)


def test_what_a_full_store_refuses_is_spooled_and_stored_by_the_next_run(tmp_path, cells, toy_fork):
    store = FullStore(str(tmp_path / "s.sqlite"), room=1)
    spec, listener = make_suite(*cells[:2]), Recorder()
    with pytest.raises(StoreError, match=r"full; 1 cell\(s\) of this run are stored.*s\.sqlite"):
        run_suite(spec, store, CPU, listener, toy_fork)
    assert outcomes(store) == {4: Outcome.OK}
    assert [run.state for run in store.runs()] == ["interrupted"]
    store._room = 99
    resumed = Recorder()
    run_suite(spec, store, CPU, resumed, toy_fork)
    assert resumed.started == []
    assert outcomes(store) == {4: Outcome.OK, 5: Outcome.OK}
    assert any("spool" in note for note in resumed.notes)
    assert not (tmp_path / "s.sqlite.spool").exists()
    image = store.measurements(cell_id=cells[1].cell_id)[0].images
    assert image == {"0": store.measurements(cell_id=cells[0].cell_id)[0].images["0"]}


def test_a_time_out_is_a_result_and_the_sweep_goes_on(store, cells, toy_fork):
    spec = make_suite(*cells, measure=replace(QUICK, timeout_s=0.5))
    options = replace(CPU, faults={cells[1].cell_id: "first_image:hang"})
    run_suite(spec, store, options, launcher=toy_fork)
    assert outcomes(store) == {4: Outcome.OK, 5: Outcome.TIMEOUT, 6: Outcome.OK}
