"""Imports that leave the process fit to fork."""

from __future__ import annotations

import subprocess
import sys

import pytest

from profiler.worker.protocol import worker_environment


def run(code, folder):
    environment = worker_environment(1)
    environment["PYTHONPATH"] += f":{folder}"
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


@pytest.fixture
def package(tmp_path):
    """A package that says when it is loaded."""
    (tmp_path / "costly").mkdir()
    text = "import sys\nsys.stdout.write('loaded ')\nfrom . import part\nanswer = 42\n"
    (tmp_path / "costly/__init__.py").write_text(text)
    (tmp_path / "costly/part.py").write_text("value = 7\n")
    return tmp_path


DEFER = "import sys; from profiler.worker.libraries import defer; defer('costly'); "


def test_importing_and_inspecting_loads_nothing(package):
    code = DEFER + (
        "import costly, inspect; inspect.getmodule(sys._getframe());"
        "print(hasattr(costly, '__warningregistry__'), costly.__file__.endswith('__init__.py'))"
    )
    assert run(code, package) == ["False", "True"]


@pytest.mark.parametrize(
    ("use", "answer"),
    [
        ("import costly; print(costly.answer)", "42"),
        ("from costly import answer; print(answer)", "42"),
        ("import costly.part; print(costly.part.value)", "7"),
        ("from costly.part import value; print(value)", "7"),
        ("import costly; costly.answer; print(hasattr(costly, 'nothing'))", "False"),
    ],
)
def test_the_first_use_loads_it_once(package, use, answer):
    assert run(DEFER + use, package) == ["loaded", answer]


def test_what_is_not_installed_stays_so(package):
    code = (
        "from profiler.worker.libraries import defer; defer('no_such_package');"
        "import sys; print('no_such_package' in sys.modules)"
    )
    assert run(code, package) == ["False"]


def test_the_real_imports_leave_bitsandbytes_and_cuda_alone(tmp_path):
    code = (
        "import sys; from profiler.worker.libraries import import_libraries, unfit_to_fork;"
        "import_libraries(); before = 'bitsandbytes.nn' in sys.modules;"
        "import threading; print(before, threading.active_count(), repr(unfit_to_fork()));"
        "import bitsandbytes; print(bitsandbytes.nn.Linear8bitLt.__name__)"
    )
    assert run(code, tmp_path) == ["False", "1", "''", "Linear8bitLt"]
