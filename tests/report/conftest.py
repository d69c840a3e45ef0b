"""A filled SQLite store and its page, made once for the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.report.gather import Material, gather
from profiler.report.write import write_report
from profiler.store import open_store
from profiler.store.memory import MemoryStore
from tests.report.example import fill


@pytest.fixture(scope="session")
def material() -> Material:
    store = MemoryStore()
    fill(store)
    return gather(store)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    with open_store(folder / "store.sqlite") as store:
        fill(store)
        return write_report(store, folder / "pages" / "report.html")
