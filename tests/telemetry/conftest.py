"""The fake NVML: compiled once per variant, loaded through LD_LIBRARY_PATH in a new process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from profiler.records.codec import from_json
from profiler.records.measurement import Trace
from tests.telemetry.fakes import Play, Seen

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def fake_nvml(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folder with a `libnvidia-ml.so.1` that lacks the functions named."""
    if not shutil.which("gcc"):
        pytest.skip("the fake NVML needs gcc")
    built: dict[tuple[str, ...], Path] = {}

    def build(*without: str) -> Path:
        if without not in built:
            folder = tmp_path_factory.mktemp("nvml")
            subprocess.run(
                [
                    *("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"),
                    "-Wl,-soname,libnvidia-ml.so.1",
                    *(f"-DWITHOUT_{name}" for name in without),
                    *("-o", str(folder / "libnvidia-ml.so.1"), str(HERE / "fake_nvml.c")),
                ],
                check=True,
            )
            built[without] = folder
        return built[without]

    return build


@pytest.fixture
def play(fake_nvml: Callable[..., Path], tmp_path: Path) -> Play:
    """Sample the fake library with a configuration on a fake clock, in a process of its own."""

    def run(
        config: str,
        *,
        without: tuple[str, ...] = (),
        library: bool = True,
        device: str = "cuda:0",
        pid: int = 4242,
        hz: float = 20.0,
        seconds: float = 4.0,
        **environment: str,
    ) -> Seen:
        path = tmp_path / "nvml.txt"
        path.write_text(config)
        # Not a library at all: found before a real one that the machine may have.
        (tmp_path / "libnvidia-ml.so.1").write_text("not a library")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CUDA_")}
        asked = {"device": device, "pid": pid, "hz": hz, "seconds": seconds}
        done = subprocess.run(
            [sys.executable, str(HERE / "play.py"), json.dumps(asked)],
            env={
                **inherited,
                "PYTHONPATH": str(HERE.parents[1]),
                "FAKE_NVML_CONFIG": str(path),
                "LD_LIBRARY_PATH": str(fake_nvml(*without) if library else tmp_path),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return Seen(from_json(Trace, answer["trace"]), answer["info"])

    return run
