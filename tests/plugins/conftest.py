"""The template of docs/ as an installed package, and commands that see it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip installed docs/plugin-template, without a network."""
    folder = tmp_path_factory.mktemp("plugin")
    # A copy: building leaves traces beside the sources.
    source = shutil.copytree(ROOT / "docs" / "plugin-template", folder / "source")
    target = folder / "installed"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--disable-pip-version-check"),
            *("--target", str(target), str(source)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="session")
def sdprof(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Call `sdprof` in a process of its own that has the package on its path."""
    path = os.pathsep.join(filter(None, (str(installed), os.environ.get("PYTHONPATH", ""))))
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "PYTHONPATH": path, "SDPROF_HOME": str(home)}

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "profiler", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
            check=False,
        )

    return run
