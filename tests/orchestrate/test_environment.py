"""The machine and its software."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiler.devices.detect import local_device
from profiler.orchestrate import environment
from profiler.orchestrate.environment import (
    as_worker_saw,
    at_start,
    bench_environment,
    git_commit,
    usable_cores,
)
from tests.factories import make_environment


def test_two_looks_at_one_machine_agree():
    device = local_device("cpu")
    one, two = (bench_environment(device, 2, "fork") for _ in range(2))
    assert one.environment_id == two.environment_id
    assert at_start(one).environment_id == one.environment_id
    assert one.packages["torch"]
    assert one.memory_bytes > 0
    assert one.cpu


def test_threads_and_isolation_tell_environments_apart():
    device = local_device("cpu")
    ids = {
        bench_environment(device, threads, isolation).environment_id
        for threads in (1, 2)
        for isolation in ("fork", "fresh")
    }
    assert len(ids) == 4


def test_threads_keep_within_what_the_process_may_use(monkeypatch):
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))
    monkeypatch.setattr(environment, "_cpu_quota", lambda: 0.5)
    assert usable_cores() == 1


def test_the_worker_has_the_last_word_on_its_libraries():
    known = make_environment()
    assert as_worker_saw(known, {}) == known
    told = as_worker_saw(known, {"packages": {"torch": "9"}, "threads": 4, "cuda": ""})
    assert (told.packages, told.threads) == ({"torch": "9"}, 4)


def test_the_commit_of_a_checkout(tmp_path):
    assert git_commit(tmp_path) == ""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert git_commit(tmp_path) == ""
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    assert len(git_commit(tmp_path)) == 40


@pytest.mark.skipif(not hasattr(os, "getloadavg"), reason="no load average here")
def test_the_load_of_the_moment_is_there():
    assert environment.host_load() >= 0
