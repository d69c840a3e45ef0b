"""Without the extra `run`, everything but measuring works, and measuring says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from profiler.store import open_store
from tests.factories import int8_cell, make_cell, make_measurement

# Hides the packages of the extra from this interpreter, as if they were not installed.
SCRIPT = """
import sys

class Hidden:
    NAMES = {"torch", "diffusers", "transformers", "bitsandbytes", "torch_pruning", "accelerate"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.NAMES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
from profiler.cli.door import main
sys.exit(main(sys.argv[1:]))
"""


def sdprof(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_store(tmp_path / "s.sqlite") as store:
        store.add(make_measurement(make_cell(), 0.4, 1))
        store.add(make_measurement(int8_cell(), 0.3, 2))
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend", "--store", "s.sqlite"],
        ["results", "list", "--store", "s.sqlite"],
        ["report", "--store", "s.sqlite", "--out", "page.html"],
        ["plan", "sd15", "--device", "gtx1650", "--store", "none.sqlite"],
        ["devices", "detect"],
    ],
)
def test_asking_needs_no_torch(folder: Path, arguments: list[str]) -> None:
    done = sdprof(folder, *arguments)
    assert done.returncode == 0, done.stderr


def test_measuring_says_what_to_install_and_stores_nothing(folder: Path) -> None:
    done = sdprof(folder, "demo", "--store", "new.sqlite")
    assert done.returncode == 2
    assert "pip install 'sdprof[run]'" in done.stderr
    assert "Traceback" not in done.stderr
    with open_store(folder / "new.sqlite", read_only=True) as store:
        assert not store.summaries()
