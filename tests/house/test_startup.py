"""The start-up is guarded: no heavy library on the way to help or a recommendation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.store import open_store
from tests.factories import int8_cell, make_cell, make_measurement

HEAVY = (
    "torch", "diffusers", "transformers", "numpy", "pandas", "sqlalchemy", "plotly", "ray",
    "pydantic", "jinja2", "PIL", "matplotlib",
)  # fmt: skip

SCRIPT = """
import json, sys
from profiler.cli.door import main
code = main(sys.argv[1:])
loaded = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps({"code": code, "loaded": loaded}), file=sys.stderr)
"""


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    with open_store(path) as store:
        store.add(make_measurement(make_cell(), 0.4, 1))
        store.add(make_measurement(int8_cell(), 0.3, 2))
    return path


def run(*arguments: str) -> tuple[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout, json.loads(done.stderr.strip().splitlines()[-1])


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    _, told = run(*arguments)
    assert told["code"] == 0
    assert not set(HEAVY) & set(told["loaded"])


@pytest.mark.parametrize("flags", [[], ["--json"], ["--emit", "python"]])
def test_recommend_answers_without_anything_heavy(store_path: Path, flags: list[str]) -> None:
    arguments = ["recommend", "--store", str(store_path), "--device", "cpu-example-2c", *flags]
    output, told = run(*arguments)
    assert told["code"] == 0
    assert "absmax-int8" in output or "int8" in output
    assert not set(HEAVY) & set(told["loaded"])


def test_listing_results_loads_nothing_heavy(store_path: Path) -> None:
    _, told = run("results", "list", "--store", str(store_path))
    assert not set(HEAVY) & set(told["loaded"])
