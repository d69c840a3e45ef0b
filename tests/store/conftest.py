"""The backends that the conformance suite runs on, and what several files share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from profiler.store import Store, open_store
from profiler.store.memory import MemoryStore

_NOBODY = 65534


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each backend."""
    made = MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.sqlite")
    with made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a SQLite store may be made."""
    return tmp_path / "store.sqlite"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="sdprof-test-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def without_rights() -> Callable[[], object]:
    """A context in which this process is nobody, since root may do everything."""

    @contextmanager
    def nobody() -> Iterator[None]:
        if os.name == "nt":
            pytest.skip("rights to files work otherwise on Windows")
        root = os.geteuid() == 0
        if root:
            os.seteuid(_NOBODY)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)

    return nobody
