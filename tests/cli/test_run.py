"""`sdprof run` and `sdprof demo` with real workers on the embedded model, from an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
schema_version: 1
name: small
models: [tiny-sd]
axes:
  compression: [none, absmax-int8]
  precision: [fp32, fp16]
  steps: [4]
measure: {warmup: 1, min_repeats: 2, max_repeats: 2, threads: 1}
quality: {metrics: [psnr, ssim, prompt_alignment, clip_score], images: 2}
"""


def sdprof(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "profiler", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with a suite in it, after `sdprof demo` was called there."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "small.yaml").write_text(SUITE)
    done = sdprof(folder, "demo", "--suite", "small.yaml", "--device", "cpu", "--store", "s.sqlite")
    (folder / "demo.txt").write_text(done.stdout)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return folder


def test_the_demo_ends_with_recommendation_and_report(folder: Path) -> None:
    told = (folder / "demo.txt").read_text()
    assert "Best for latency" in told
    assert "fp16 is refused on cpu" in " ".join(told.split())
    last = told.strip().splitlines()[-1]
    assert last == f"report: {folder / 'sdprof-report.html'}"
    assert "<html" in (folder / "sdprof-report.html").read_text()


def test_a_second_run_measures_nothing_again(folder: Path) -> None:
    done = sdprof(folder, "run", "small.yaml", "--device", "cpu", "--store", "s.sqlite", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [event["event"] for event in events] == ["run_started", "run_finished"]
    assert {row["state"] for row in events[0]["plan"]} == {"stored", "impossible"}


def test_fresh_measures_again_as_json_lines(folder: Path) -> None:
    done = sdprof(
        folder, "run", "small.yaml", "--device", "cpu", "--store", "s.sqlite", "--json",
        "--fresh", "--only", "compression=none", "--run-name", "again",
    )  # fmt: skip
    events = [json.loads(line) for line in done.stdout.splitlines()]
    finished = [event for event in events if event["event"] == "cell_finished"]
    assert [event["outcome"] for event in finished] == ["ok"]
    assert finished[0]["figures"]["latency_s_per_image"]["unit"] == "s"
    phases = [event["phase"] for event in events if event["event"] == "phase"]
    assert phases[0] == "load"
    report = sdprof(
        folder, "report", "--store", "s.sqlite", "--run", "again", "--out", "again.html"
    )
    assert report.returncode == 0, report.stderr


def test_a_full_budget_starts_nothing_and_says_so(folder: Path) -> None:
    done = sdprof(
        folder, "run", "small.yaml", "--device", "cpu", "--store", "s.sqlite", "--fresh",
        "--time-budget", "0s",
    )  # fmt: skip
    assert done.returncode == 0
    assert "time budget is used up" in done.stderr


def test_what_is_stored_can_be_asked_for(folder: Path) -> None:
    told = sdprof(folder, "results", "list", "--store", "s.sqlite", "--json")
    rows = json.loads(told.stdout)
    assert sorted(row["outcome"] for row in rows) == ["ok", "ok", "unsupported", "unsupported"]
    int8 = next(row for row in rows if row["outcome"] == "ok" and row["cell"]["compression"])
    assert int8["figures"]["weights_bytes"]["value"] < 10e6
    assert int8["quality"]["psnr"]["value"] > 25
    script = sdprof(folder, "recommend", "--store", "s.sqlite", "--emit", "python")
    assert script.returncode == 0, script.stderr
    (folder / "emitted.py").write_text(script.stdout)
    done = subprocess.run(
        [sys.executable, "emitted.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(folder.glob("**/*.png"))
