"""The door: help, unknown commands, and errors as one message with exit code 2."""

from __future__ import annotations

import json
import os
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


def test_a_path_that_the_system_refuses_is_one_message(sdprof: Command) -> None:
    answer = sdprof("recommend", "--store", "x" * 300)
    assert answer.code == 2
    assert "File name too long" in answer.err
    assert "check the path" in answer.err


def in_shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command.replace("SDPROF", f"{sys.executable} -m profiler")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_one_message() -> None:
    done = in_shell("SDPROF suites list > /dev/full")
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_cannot_show_a_letter_gets_its_code(tmp_path: Path) -> None:
    folder = tmp_path / "m\u00fcll"
    suite = folder / "mine.yaml"
    folder.mkdir()
    suite.write_text("schema_version: 1\nname: mine\nmodels: [tiny-sd]\n")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    text = in_shell(f"SDPROF suites validate {suite}", **ascii_only)
    assert text.returncode == 0, text.stderr
    assert "m\\xfcll" in text.stdout
    as_json = in_shell(f"SDPROF suites show {suite} --json", **ascii_only)
    assert json.loads(as_json.stdout)["source"] == str(suite)


@pytest.mark.skipif(os.name != "posix", reason="descriptors are inherited otherwise here")
def test_closed_streams_give_no_file_their_number(tmp_path: Path) -> None:
    script = tmp_path / "opens.py"
    script.write_text(
        "import os, sys\nfrom pathlib import Path\nfrom profiler.cli.door import main\n"
        "main(['--version'])\n"
        "assert sys.stdout.isatty() is sys.stderr.isatty() is False\n"
        "Path(sys.argv[1]).write_text(str(os.open(os.devnull, os.O_RDONLY)))\n"
    )
    out = tmp_path / "number"
    in_shell(f"{sys.executable} {script} {out} <&- >&- 2>&-")
    assert int(out.read_text()) > 2
