"""Toy workers: real processes and channels, without torch."""

from __future__ import annotations

import sys

import pytest

from profiler.orchestrate.fork import ForkLauncher
from profiler.orchestrate.fresh import FreshLauncher
from tests.orchestrate.jobs import pipeline_like

TOY = (sys.executable, "-P", "-m", "tests.worker.toy_worker")


@pytest.fixture(autouse=True)
def _faults(monkeypatch):
    monkeypatch.setenv("SDPROF_FAULTS", "1")


@pytest.fixture
def toy_fork(tmp_path):
    launcher = ForkLauncher(1, tmp_path, TOY)
    yield launcher
    launcher.close()


@pytest.fixture(params=["fork", "fresh"])
def toy(request, tmp_path):
    """Either kind of launcher."""
    launcher = ForkLauncher(1, tmp_path, TOY) if request.param == "fork" else FreshLauncher(1, TOY)
    yield launcher
    launcher.close()


@pytest.fixture
def weights(tmp_path):
    """A folder that the plan takes for a pipeline; toy workers never look into it."""
    return pipeline_like(tmp_path / "weights")
