"""Which run is meant."""

from __future__ import annotations

import pytest

from profiler.cli.targets import run_id
from profiler.errors import UnknownName
from profiler.store.memory import MemoryStore
from tests.cli.test_progress import a_run


def test_runs_without_a_name_offer_their_id_alone() -> None:
    store = MemoryStore()
    store.add_run(a_run(run_id="20260101-a"))
    store.add_run(a_run(run_id="20260102-b", name="night"))
    assert run_id("night", store) == "20260102-b"
    for wrong in ("", "quartz"):
        with pytest.raises(UnknownName, match="known: 20260101-a, 20260102-b, night"):
            run_id(wrong, store)
