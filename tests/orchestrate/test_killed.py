"""A bench that is killed or interrupted: nothing finished is lost, and nobody survives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.records.measurement import Outcome
from profiler.store import open_store
from profiler.worker.protocol import worker_environment
from tests.orchestrate.jobs import gone

BENCH = (sys.executable, "-P", "-m", "tests.orchestrate.bench_process")


@pytest.fixture
def bench(tmp_path, weights):
    """Starts benches on one store and sees to it that none outlives the test."""
    running = []

    def start(isolation="fork", fault="", name=""):
        # What a killed bench leaves in its scratch folder goes with the test's own folder.
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        environment = {**worker_environment(1), "SDPROF_FAULTS": "1", "TMPDIR": str(scratch)}
        command = [*BENCH, str(tmp_path / "s.sqlite"), weights, isolation, fault, name]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process, words):
    """Lines up to the one that holds the words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"{words!r} never came: {lines} {process.stderr.read()}")


def pids(lines):
    """Of the last worker and of what forked it."""
    last = [line for line in lines if line.startswith("worker")][-1].split()
    return int(last[1]), int(last[3])


def stored(tmp_path: Path):
    with open_store(tmp_path / "s.sqlite") as store:
        return {m.cell.steps: m.outcome for m in store.measurements()}


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
@pytest.mark.parametrize("stage", ["load", "warm_images"])
def test_kill_9_of_the_bench_leaves_no_process_and_loses_no_cell(bench, tmp_path, isolation, stage):
    process = bench(isolation, f"{stage}:hang")
    worker, server = pids(read_until(process, f"phase 5 {stage}"))
    process.send_signal(signal.SIGKILL)
    assert gone(worker)
    assert gone(server)
    process.communicate()
    assert stored(tmp_path) == {4: Outcome.OK}
    again = bench(isolation)
    assert "state finished" in again.communicate()[0]
    assert stored(tmp_path) == dict.fromkeys((4, 5, 6), Outcome.OK)


def test_kill_9_of_the_bench_and_its_server_at_once(bench):
    process = bench("fork", "warm_images:hang")
    worker, server = pids(read_until(process, "phase 5 warm_images"))
    for pid in (server, process.pid):
        os.kill(pid, signal.SIGKILL)
    assert gone(worker)


@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_sigint_of_the_bench_ends_the_run_cleanly(bench, tmp_path, isolation):
    process = bench(isolation, "warm_images:hang")
    worker, server = pids(read_until(process, "phase 5 warm_images"))
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert "state interrupted" in output, errors
    assert process.returncode == 0
    assert gone(worker)
    assert gone(server)
    assert stored(tmp_path) == {4: Outcome.OK}


def test_kill_9_of_the_worker_is_a_crash_and_the_sweep_goes_on(bench, tmp_path):
    process = bench("fork", "warm_images:hang")
    worker, _ = pids(read_until(process, "phase 5 warm_images"))
    os.kill(worker, signal.SIGKILL)
    assert "state finished" in process.communicate()[0]
    assert stored(tmp_path) == {4: Outcome.OK, 5: Outcome.CRASH, 6: Outcome.OK}


def test_two_benches_on_one_store(bench, tmp_path):
    both = [bench(name="one"), bench(name="two")]
    for process in both:
        output, errors = process.communicate()
        assert "state finished" in output, errors
    with open_store(tmp_path / "s.sqlite") as store:
        runs = {run.name: run.run_id for run in store.runs()}
        assert runs.keys() == {"one", "two"}
        everything = store.measurements()
        assert {m.cell.steps for m in everything} == {4, 5, 6}
        assert len(everything) <= 6
        for measurement in everything:
            assert measurement.run_id in runs.values()
            assert store.image(measurement.images["0"])
