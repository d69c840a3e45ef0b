"""What a worker sets up; each in a process of its own, since it cannot be undone."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from profiler.worker.child import choose_device
from profiler.worker.protocol import worker_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and prctl are Linux's")


def run(code):
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env=worker_environment(1),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


LIMIT = """
from profiler.worker.child import lift_memory_limit, limit_memory
before = bytearray(300 * 2**20)
limit_memory(100 * 2**20)
more = bytearray(50 * 2**20)
try:
    bytearray(200 * 2**20)
except MemoryError:
    print("refused")
lift_memory_limit()
bytearray(200 * 2**20)
print("lifted")
"""


def test_the_limit_is_on_what_is_added():
    assert run(LIMIT).split() == ["refused", "lifted"]


def test_no_limit_is_none():
    code = "from profiler.worker.child import limit_memory; limit_memory(None); bytearray(2**28)"
    assert run(code) == ""


def test_another_parent_than_expected_ends_the_process_at_once():
    code = "from profiler.worker.child import die_with_parent; die_with_parent(1); print('alive')"
    answer = subprocess.run(
        [sys.executable, "-c", code], env=worker_environment(1), capture_output=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (1, b"")


def test_the_end_of_the_life_line_ends_the_process():
    code = (
        "from profiler.worker.child import watch_life; import time;"
        "watch_life(0); print('up', flush=True); time.sleep(1000)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=worker_environment(1),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout.readline() == b"up\n"
    process.stdin.close()
    assert process.wait(60) != 0
    process.stdout.close()


def test_threads_are_set_and_told():
    code = "from profiler.worker.child import set_threads; print(set_threads(3), set_threads(None))"
    assert run(code).split() == ["3", "3"]


def test_the_board_of_the_job_becomes_the_current_one(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for device in ("cpu", "cuda", "cuda:1"):
        choose_device(device)
    assert chosen == [0, 1]
