"""Real cells of the embedded model in real workers: the fault table, and fork against fresh."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.orchestrate.fork import ForkLauncher
from profiler.orchestrate.fresh import FreshLauncher
from profiler.orchestrate.launcher import WORKER_COMMAND
from profiler.records.job import PHASES
from profiler.records.measurement import Outcome
from profiler.records.suite import QualitySpec
from profiler.store.memory import MemoryStore
from profiler.worker.protocol import worker_environment
from tests.factories import make_cell
from tests.orchestrate.jobs import QUICK, Recorder, eventually, gone, make_suite

BASELINE = make_cell(steps=2)
OTHER = make_cell(steps=3)
OPTIONS = RunOptions(device="cpu", isolation="fork")
QUALITY = QualitySpec(metrics=("psnr",), images=2, keep_images=2)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests, so that its imports are paid once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDPROF_FAULTS", "1")
        launcher = ForkLauncher(1, tmp_path_factory.mktemp("server"))
    yield launcher
    launcher.close()


def measure(server, *cells, fault="", measure=QUICK, options=OPTIONS):
    """Measurements by number of steps; the fault is made in the last cell."""
    store = MemoryStore()
    spec = make_suite(*cells, measure=measure, quality=QUALITY)
    faults = {cells[-1].cell_id: fault} if fault else {}
    run = run_suite(spec, store, replace(options, faults=faults), Recorder(), server)
    assert run.state == "finished"
    return {m.cell.steps: m for m in store.measurements()}, store


def test_two_cells_from_load_to_score(server):
    found, store = measure(server, BASELINE, OTHER)
    baseline, other = found[2], found[3]
    assert (baseline.outcome, other.outcome) == (Outcome.OK, Outcome.OK), other.failure
    assert [phase.name for phase in other.phases] == list(PHASES[1:])
    assert all(phase.memory["rss"].value > 2**27 for phase in other.phases)
    assert [run.warm for run in other.runs] == [False, False, True, True]
    assert [run.prompts for run in other.runs] == [(0,), (1,), (0,), (1,)]
    for run in other.runs:
        assert len(run.step_s) == 3
        parts = run.text_encoder_s + sum(run.step_s) + run.vae_decode_s
        assert 0.5 * run.wall_s < parts <= run.wall_s
        assert run.cpu_s > 0
    assert other.weights.total_bytes > 10**6
    assert baseline.quality["psnr"].reason == "this is the baseline"
    assert 0 < other.quality["psnr"].value < 60
    assert other.images.keys() == {"0", "1"}
    assert store.image(other.images["0"]) != store.image(baseline.images["0"])
    assert other.environment == replace(
        baseline.environment,
        host_load=other.environment.host_load,
        free_memory_bytes=other.environment.free_memory_bytes,
    )


def test_fork_and_fresh_give_the_same_images(server):
    fresh = FreshLauncher(1)
    forked, forked_store = measure(server, BASELINE)
    anew, anew_store = measure(fresh, BASELINE, options=replace(OPTIONS, isolation="fresh"))
    assert (forked[2].outcome, anew[2].outcome) == (Outcome.OK, Outcome.OK), anew[2].failure
    for index in ("0", "1"):
        sums = [
            hashlib.sha256(store.image(found[2].images[index])).hexdigest()
            for found, store in ((forked, forked_store), (anew, anew_store))
        ]
        assert sums[0] == sums[1]
    assert forked[2].weights.components == anew[2].weights.components
    assert [phase.name for phase in anew[2].phases] == list(PHASES)


@pytest.mark.parametrize(
    ("fault", "outcome", "words"),
    [
        ("first_image:exception", Outcome.ERROR, "on purpose"),
        ("warm_images:abort", Outcome.CRASH, "SIGABRT"),
        ("load:exit", Outcome.CRASH, "status 3"),
        ("score:kill", Outcome.CRASH, "OOM killer"),
        ("first_image:nan", Outcome.INVALID_OUTPUT, "NaN"),
        ("quality_images:black", Outcome.OK, ""),
        ("first_image:black", Outcome.INVALID_OUTPUT, "black"),
    ],
)
def test_the_fault_table(server, fault, outcome, words):
    found, store = measure(server, OTHER, fault=fault)
    measurement = found[3]
    assert measurement.outcome is outcome, measurement.failure
    if outcome is Outcome.OK:
        return  # no image was left to be painted in that phase, so nothing was spoiled
    assert words in measurement.failure.message
    assert measurement.failure.stage == fault.partition(":")[0]
    if outcome is Outcome.INVALID_OUTPUT:
        assert measurement.validity == (fault.partition(":")[2],)
        assert store.image(measurement.images["0"])


def test_the_memory_limit_is_hit(server):
    limited = replace(QUICK, memory_limit_bytes=600 * 2**20)
    found, _ = measure(server, OTHER, fault="first_image:memory", measure=limited)
    failure = found[3].failure
    assert found[3].outcome is Outcome.OUT_OF_MEMORY
    assert failure.stage == "first_image"
    assert failure.details["bytes_asked"] == 64 * 2**20
    assert failure.details["peak_rss_bytes"] > 300 * 2**20


def test_within_the_memory_limit_nothing_changes(server):
    limited = replace(QUICK, memory_limit_bytes=4 * 2**30)
    found, _ = measure(server, OTHER, measure=limited)
    assert found[3].outcome is Outcome.OK


def test_a_time_out_tells_its_stage(server):
    found, _ = measure(server, OTHER, fault="load:hang", measure=replace(QUICK, timeout_s=1.0))
    assert found[3].outcome is Outcome.TIMEOUT
    assert found[3].failure.stage == "load"


def test_a_method_that_does_not_exist_is_a_result(server):
    unknown = make_cell(steps=3, scheduler="ddimm")
    found, _ = measure(server, BASELINE, unknown)
    assert found[3].outcome is Outcome.UNSUPPORTED
    assert "ddim" in found[3].failure.message


BENCH = """
import subprocess, sys, time
from profiler.orchestrate.fork import ForkLauncher
from pathlib import Path
from tests.orchestrate.jobs import make_job
launcher = ForkLauncher(1, Path(sys.argv[1]))
from profiler.orchestrate import fork
popen = subprocess.Popen
def telling(*args, **kwargs):
    process = popen(*args, **kwargs)
    print(process.pid, flush=True)
    return process
fork.subprocess.Popen = telling
launcher.start(make_job(Path(sys.argv[1])), Path(sys.argv[1]) / "log")
"""


def test_kill_9_of_the_bench_while_the_server_imports(tmp_path):
    bench = subprocess.Popen(
        [sys.executable, "-c", BENCH, str(tmp_path)],
        env=worker_environment(1),
        stdout=subprocess.PIPE,
        text=True,
    )
    server = int(bench.stdout.readline())

    def imports_torch():
        return "libtorch" in Path(f"/proc/{server}/maps").read_text(encoding="utf-8")

    eventually(imports_torch)
    os.kill(bench.pid, signal.SIGKILL)
    bench.wait()
    assert gone(server)
    bench.stdout.close()


def test_a_server_that_cannot_start_says_why(tmp_path):
    from profiler.errors import SdprofError
    from tests.orchestrate.jobs import make_job

    broken = (sys.executable, "-c", "import sys; sys.exit('no such library')")
    launcher = ForkLauncher(1, tmp_path, broken)
    with pytest.raises(SdprofError, match="no such library"):
        launcher.start(make_job(tmp_path), tmp_path / "log")
    assert WORKER_COMMAND[-1] == "profiler.worker"
