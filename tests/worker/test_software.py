"""Versions without imports agree with what the libraries say of themselves."""

from __future__ import annotations

import torch

from profiler.devices.torch_build import torch_cuda
from profiler.worker.software import software, versions


def test_the_versions_are_those_of_the_libraries():
    assert versions()["torch"] == torch.__version__
    assert "numpy" in versions()


def test_cuda_is_what_torch_was_built_for():
    assert torch_cuda() == (torch.version.cuda or "")


def test_the_settings_of_the_process_are_told(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert software()["settings"]["OMP_WAIT_POLICY"] == "ACTIVE"
