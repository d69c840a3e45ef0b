"""One process from its start to its end, in both kinds of isolation, with each way to fail."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from profiler.orchestrate.verdict import verdict
from profiler.orchestrate.watch import watch
from profiler.records.measurement import Outcome
from tests.factories import make_cell
from tests.orchestrate.jobs import QUICK, gone, make_job


def run(launcher, job, tmp_path, on_phase=lambda name: None):
    watched = watch(launcher, job, tmp_path / "worker.log", on_phase)
    return watched, *verdict(watched.events, watched.ending)


def test_a_cell_goes_through_its_phases(toy, tmp_path):
    seen = []
    watched, outcome, failure = run(toy, make_job(tmp_path), tmp_path, seen.append)
    assert (outcome, failure) == (Outcome.OK, None)
    assert seen == ["load", "compress", "first_image", "warm_images", "score"]
    assert [phase.name for phase in watched.events.phases] == seen
    assert [run.index for run in watched.events.runs] == [0, 1, 2, 3]
    assert watched.events.weights.total_bytes == 4


def test_what_libraries_print_goes_into_the_log(toy, tmp_path):
    watched, _, _ = run(toy, make_job(tmp_path), tmp_path)
    assert watched.events.strange == 0
    log = (tmp_path / "worker.log").read_text()
    assert "a library says something on stdout" in log
    assert "and something on stderr" in log


def test_telemetry_runs_beside_the_process(toy, tmp_path):
    # A toy cell may be over before the first sample; one that hangs lives until its time-out.
    job = make_job(tmp_path, fault="warm_images:hang", measure=replace(QUICK, timeout_s=0.5))
    watched, _, _ = run(toy, job, tmp_path)
    assert max(value or 0 for value in watched.trace.series["rss_bytes"]) > 0


@pytest.mark.parametrize(
    ("fault", "outcome", "stage", "words"),
    [
        ("compress:exception", Outcome.ERROR, "compress", "RuntimeError"),
        ("first_image:abort", Outcome.CRASH, "first_image", "SIGABRT"),
        ("warm_images:kill", Outcome.CRASH, "warm_images", "OOM killer"),
        ("load:exit", Outcome.CRASH, "load", "status 3"),
    ],
)
def test_a_fault_becomes_an_outcome_with_its_stage(toy, tmp_path, fault, outcome, stage, words):
    _, found, failure = run(toy, make_job(tmp_path, fault=fault), tmp_path)
    assert found is outcome
    assert failure.stage == stage
    assert words in failure.message


def test_a_hanging_cell_is_killed_at_its_time_out(toy, tmp_path):
    job = make_job(tmp_path, fault="compress:hang", measure=replace(QUICK, timeout_s=0.5))
    watched, outcome, failure = run(toy, job, tmp_path)
    assert outcome is Outcome.TIMEOUT
    assert failure.stage == "compress"
    assert watched.ending.status == -signal.SIGKILL


def test_what_a_cell_started_ends_with_it(toy, tmp_path):
    job = make_job(tmp_path, cell=make_cell(model="grandchild"))
    run(toy, job, tmp_path)
    assert gone(int((tmp_path / "grandchild").read_text()))


def test_a_worker_ends_when_the_bench_is_interrupted(toy, tmp_path):
    pids = []

    def interrupt(phase):
        if phase == "first_image":
            raise KeyboardInterrupt

    start = toy.start

    def note(job, log):
        worker = start(job, log)
        pids.append(worker.pid)
        return worker

    toy.start = note
    with pytest.raises(KeyboardInterrupt):
        run(toy, make_job(tmp_path, fault="warm_images:hang"), tmp_path, interrupt)
    assert gone(pids[0])


def test_without_permission_no_fault_is_made(toy, tmp_path, monkeypatch):
    monkeypatch.delenv("SDPROF_FAULTS")
    # The launchers took their environment when they were made; a new one sees the change.
    launcher = type(toy)(1, *([tmp_path] if toy.name == "fork" else []), toy._command)
    _, outcome, failure = run(launcher, make_job(tmp_path, fault="load:abort"), tmp_path)
    launcher.close()
    assert outcome is Outcome.UNSUPPORTED
    assert "SDPROF_FAULTS" in failure.message


def test_jobs_share_one_server(toy_fork, tmp_path):
    run(toy_fork, make_job(tmp_path), tmp_path)
    first = toy_fork.server_pid
    run(toy_fork, make_job(tmp_path, job_id="job-2"), tmp_path)
    assert toy_fork.server_pid == first


def test_when_the_server_dies_its_worker_does_and_the_next_job_gets_a_new_one(toy_fork, tmp_path):
    pids = []

    def kill_server(phase):
        if phase == "first_image":
            os.kill(toy_fork.server_pid, signal.SIGKILL)

    start = toy_fork.start

    def note(job, log):
        worker = start(job, log)
        pids.append(worker.pid)
        return worker

    toy_fork.start = note
    job = make_job(tmp_path, fault="warm_images:hang")
    _, outcome, failure = run(toy_fork, job, tmp_path, kill_server)
    assert outcome is Outcome.CRASH
    assert "server" in failure.message
    assert gone(pids[0])
    _, outcome, _ = run(toy_fork, make_job(tmp_path, job_id="job-2"), tmp_path)
    assert outcome is Outcome.OK
