"""Suites written as text, and the message that a wrong one gives."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from profiler.errors import InputError
from profiler.suite.build import Explained, read_suite

HEAD = "schema_version: 1\nname: try\nmodels: [tiny-sd]\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a suite: HEAD and the given text."""

    def write_suite(text: str, head: str = HEAD) -> Path:
        path = tmp_path / "x.yaml"
        path.write_text(head + textwrap.dedent(text), encoding="utf-8")
        return path

    return write_suite


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Explained]:
    return lambda text="", **more: read_suite(write(text, **more), "x.yaml")


@pytest.fixture
def complaint(read: Callable[..., Explained]) -> Callable[..., str]:
    """The message with which a suite is refused."""

    def refuse(text: str, **more: str) -> str:
        with pytest.raises(InputError) as caught:
            read(text, **more)
        return str(caught.value)

    return refuse
