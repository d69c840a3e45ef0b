"""How long `sdprof recommend` takes to answer, as a multiple of a bare Python that reads JSON.

Aim: under 3. Both run as whole processes, in turns, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from profiler.store import open_store
from tests.factories import int8_cell, make_cell, make_measurement

BARE = [sys.executable, "-c", "import argparse, json, sqlite3, yaml"]
ROUNDS = 9


def cpu_s(command: list[str]) -> float:
    """CPU seconds of a whole process: unlike wall seconds, hardly moved by other load."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


@pytest.mark.benchmark(group="start-up")
def test_recommend_against_a_bare_python(benchmark: Any, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with open_store(path) as store:
        store.add(make_measurement(make_cell(), 0.4, 1))
        store.add(make_measurement(int8_cell(), 0.3, 2))
    arguments = ["recommend", "--store", str(path), "--device", "cpu-example-2c"]
    command = [sys.executable, "-m", "profiler", *arguments]
    pairs = [(cpu_s(BARE), cpu_s(command)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours for _, ours in pairs) / statistics.median(b for b, _ in pairs)
    benchmark.extra_info["multiple_of_bare_python"] = ratio
    began = time.perf_counter()
    benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True), rounds=3)
    wall_s = (time.perf_counter() - began) / 3
    sys.stdout.write(f"\nrecommend: {ratio:.1f} times a bare Python (aim 3), {wall_s:.2f} s wall\n")
    assert ratio < 6
