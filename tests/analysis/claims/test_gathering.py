"""From a store to the rows of a device."""

from __future__ import annotations

import pytest

from profiler.analysis.claims.gathering import gather_rows, kind_of_device
from profiler.store.memory import MemoryStore
from tests.analysis.claims.build import result, switched, with_effect
from tests.factories import make_cell


def test_only_the_measurements_that_count_are_read_whole():
    store = MemoryStore()
    made = with_effect(result(switched("release-memory")), "release-memory", {"rss": 1})
    store.add(result(make_cell()))
    store.add(made)
    rows = gather_rows(store, "cpu-example-2c")
    assert len(rows.summaries) == 2
    assert list(rows.measurements) == [made.cell.cell_id]
    assert (rows.device_name, rows.device_kind) == ("Example CPU", "cpu")


def test_a_device_without_results():
    rows = gather_rows(MemoryStore(), "rtx4090")
    assert (list(rows.summaries), rows.device_kind) == ([], "cuda")


@pytest.mark.parametrize(
    ("device", "kind"), [("gtx1650", "cuda"), ("cpu-amd-epyc-2c", "cpu"), ("something", "")]
)
def test_kind_by_id(device, kind):
    assert kind_of_device(device) == kind
