"""Peaks of host memory per phase."""

from __future__ import annotations

import sys

import pytest
import torch

from profiler.worker import memory
from profiler.worker.memory import PeakMemory

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_a_peak_belongs_to_its_phase():
    peak = PeakMemory("cpu")
    peak.reset()
    low = peak.peaks()["rss"].value
    block = bytearray(b"x") * (200 * MIB)
    high = peak.peaks()["rss"].value
    assert high - low > 190 * MIB
    del block
    assert peak.peaks()["rss"].value == pytest.approx(high, abs=5 * MIB)
    peak.reset()
    assert high - peak.peaks()["rss"].value > 150 * MIB


def test_where_the_mark_cannot_be_reset_the_source_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_CLEAR_REFS", tmp_path / "not" / "there")
    peak = PeakMemory("cpu")
    peak.reset()
    rss = peak.peaks()["rss"]
    assert rss.value > MIB
    assert "since the process began" in rss.source


def test_without_cuda_its_figures_are_unavailable_with_the_reason():
    peaks = PeakMemory("cpu").peaks()
    assert peaks["allocated"].value is None
    assert peaks["allocated"].reason == "no CUDA device"
    assert PeakMemory("cpu", no_cuda="not yet").peaks()["reserved"].reason == "not yet"


def test_a_phase_ends_when_the_device_has_done_its_work(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    PeakMemory("cuda:1").settle()  # must not create the context
    assert waited == []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    PeakMemory("cuda:1").settle()
    PeakMemory("cpu").settle()
    assert waited == ["cuda:1"]
