"""tiny-sd loaded once, and folders of weights that a test may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from profiler import paths
from profiler.pipelines.checked import SUMS
from profiler.pipelines.load import load_pipeline


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of tiny-sd that ships with sdprof; read only."""
    return paths.embedded_weights() / "tiny-sd"


@pytest.fixture
def own_folder(shipped: Path, tmp_path: Path) -> Path:
    """A copy of tiny-sd without a list of sums, as a user's folder would be."""
    folder = tmp_path / "own"
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns(SUMS, "training"))
    return folder


@pytest.fixture(scope="session")
def shared_pipe():
    """tiny-sd in fp32; shared, so copy what you change."""
    return load_pipeline("tiny-sd", "embedded", "fp32", "cpu")


@pytest.fixture
def pipe():
    """A tiny-sd of the test's own."""
    return load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
