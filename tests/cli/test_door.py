"""The door: help, unknown commands, and errors as one message with exit code 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import profiler
from profiler.cli.door import COMMANDS
from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def test_help_and_version(sdprof: Command) -> None:
    overview = sdprof("--help")
    assert overview.code == 0
    assert all(name in overview.out for name in COMMANDS)
    assert sdprof("--version").out == f"sdprof {profiler.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(sdprof: Command, name: str) -> None:
    answer = sdprof(name, "--help")
    assert answer.code == 0
    assert f"usage: sdprof {name}" in answer.out


@pytest.mark.parametrize(("typed", "meant"), [("recomend", "recommend"), ("--verson", "")])
def test_an_unknown_command_offers_the_nearest(sdprof: Command, typed: str, meant: str) -> None:
    answer = sdprof(typed)
    assert answer.code == 2
    assert typed in answer.err
    assert meant in answer.err


def test_a_wrong_flag_is_exit_code_2(sdprof: Command) -> None:
    assert sdprof("recommend", "--objective", "beauty").code == 2


def test_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "profiler", "recommend", "--store", "nowhere.sqlite"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "nowhere.sqlite" in done.stderr
    assert "sdprof demo" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_closed_pipe_is_no_error(store_path: Path) -> None:
    command = f"{sys.executable} -m profiler results list --store {store_path} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
