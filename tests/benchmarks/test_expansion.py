"""10,000 cells expanded and hashed, against hashing the same texts and nothing else."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from profiler.records.codec import to_json
from profiler.suite import load_suite

SUITE = """
schema_version: 1
name: wide
models: [tiny-sd]
axes:
  precision: [fp32, bf16]
  compression: [none, absmax-int8, bnb-int8, bnb-nf4, structured-pruning]
  resolution: [32, 48, 64, 80, 96]
  batch_size: [1, 2, 3, 4, 5, 6, 7, 8]
  steps: [5, 10, 15, 20, 25]
  guidance: [1, 2, 3, 4, 5]
"""


@pytest.mark.benchmark(group="expansion")
def test_ten_thousand_cells(benchmark: Any, tmp_path: Path) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text(SUITE)

    def expand() -> list[str]:
        return [cell.cell_id for cell in load_suite(str(path)).cells]

    began = time.process_time()
    ids = benchmark.pedantic(expand, rounds=1)
    ours_s = time.process_time() - began
    assert len(set(ids)) == len(ids) == 10_000

    contents = [to_json(cell) for cell in load_suite(str(path)).cells]
    began = time.process_time()
    for content in contents:
        hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    bare_s = time.process_time() - began
    ratio = ours_s / bare_s
    benchmark.extra_info["multiple_of_hashing"] = ratio
    sys.stdout.write(
        f"\n10,000 cells: {ours_s:.2f} s of CPU, {ratio:.1f} times the bare JSON and SHA-256\n"
    )
    assert ratio < 40
