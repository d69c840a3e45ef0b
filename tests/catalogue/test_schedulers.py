"""Samplers by name, built in and from installed packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from profiler.catalogue import registry, schedulers
from profiler.errors import UnknownName

MODULE = """
from profiler.catalogue.schedulers import SchedulerSpec
MINE = SchedulerSpec("mine", "sdprof_sampler:Sampler", "doc", "source")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a sampler, really installed on the path."""
    (tmp_path / "sdprof_sampler.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "sdprof_sampler-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sdprof-sampler\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{schedulers.GROUP}]\nmine = sdprof_sampler:MINE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_extended", set())
    monkeypatch.setattr(schedulers, "SCHEDULERS", dict(schedulers.SCHEDULERS))
    yield
    sys.modules.pop("sdprof_sampler", None)


def test_names_are_those_of_their_specs() -> None:
    assert {name: spec.name for name, spec in schedulers.SCHEDULERS.items()} == {
        name: name for name in schedulers.SCHEDULERS
    }
    assert schedulers.scheduler("tcd").diffusers_class == "TCDScheduler"


def test_unknown_names_are_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown scheduler 'tcdd' - did you mean 'tcd'"):
        schedulers.scheduler("tcdd")


def test_a_package_adds_a_sampler(package: None) -> None:
    assert schedulers.scheduler("ddim").name == "ddim"
    assert schedulers.scheduler("mine").diffusers_class == "sdprof_sampler:Sampler"
    assert "mine" in schedulers.all_schedulers()
