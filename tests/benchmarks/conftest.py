"""Shows what the benchmarks print at the end of the session, also where output is captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

_lines: list[str] = []


@pytest.fixture(autouse=True)
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Keep the lines that a benchmark writes to standard output."""
    yield
    _lines.extend(line for line in capsys.readouterr().out.splitlines() if line.strip())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures, under a heading of their own."""
    if _lines:
        terminalreporter.section("figures of the benchmarks")
        for line in _lines:
            terminalreporter.write_line(line)
