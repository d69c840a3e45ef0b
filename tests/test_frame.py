"""The Python API: stored results as a DataFrame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from profiler import frame, paths
from profiler.errors import StoreError, UnknownName
from profiler.store import open_store
from profiler.store.memory import MemoryStore
from tests.factories import failed_measurement, int8_cell, make_measurement


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two nights of a plain cell, a failed int8 cell, and another device."""
    path = tmp_path / "store.sqlite"
    with open_store(path) as store:
        store.add_many([make_measurement(number=number) for number in (1, 2)])
        store.add(failed_measurement(int8_cell()))
        store.add(replace(make_measurement(number=3), device_id="gtx-x", suite="nightly"))
    return path


def test_one_row_per_cell_and_device(path: Path) -> None:
    table = frame.results(path)
    assert list(table["outcome"]) == ["ok", "out_of_memory", "ok"]
    assert list(table["device_id"]) == ["cpu-example-2c", "cpu-example-2c", "gtx-x"]
    assert table["started_at"].dt.day.iloc[0] == 3
    assert str(table["started_at"].dt.tz) == "UTC"


def test_all_gives_each_measurement(path: Path) -> None:
    table = frame.results(path, all=True)
    assert len(table) == 4
    assert table["started_at"].is_monotonic_increasing
    assert table["measurement_id"].is_unique


def test_device_and_suite_narrow(path: Path) -> None:
    assert len(frame.results(path, device="gtx-x")) == 1
    assert len(frame.results(path, suite="quickstart")) == 2
    assert len(frame.results(path, device="cpu-example-2c", suite="quickstart", all=True)) == 3
    assert frame.results(path, device="gtx-x", suite="quickstart").empty


def test_figures_are_floats_with_interval_evidence_and_reason(path: Path) -> None:
    table = frame.results(path).set_index("outcome")
    ok, failed = table.iloc[0], table.loc["out_of_memory"]
    assert ok["latency_s_per_image_low"] <= ok["latency_s_per_image"]
    assert ok["latency_s_per_image"] <= ok["latency_s_per_image_high"]
    assert ok["latency_s_per_image_evidence"] == "measured"
    assert pd.isna(failed["latency_s_per_image"])
    assert failed["latency_s_per_image_evidence"] == "unavailable"
    assert "asked for 2.0 GiB" in failed["latency_s_per_image_reason"]
    assert table["latency_s_per_image"].dtype == "float64"
    assert table["energy_j_per_image"].dtype == "float64"


def test_an_empty_result_has_the_same_columns_and_types(path: Path) -> None:
    full, empty = frame.results(path, suite="nightly"), frame.results(path, suite="none-such")
    assert empty.empty
    facts = [name for name in full.columns if not name.startswith("quality_")]
    assert list(empty.columns) == facts
    assert (empty.dtypes == full[facts].dtypes).all()


def test_an_open_store_is_used_and_stays_open(path: Path) -> None:
    with open_store(path) as store:
        assert len(frame.results(store)) == 3
        assert len(store.summaries()) == 3
    memory = MemoryStore()
    memory.add(make_measurement())
    assert len(frame.results(memory)) == 1


def test_the_users_own_store_is_the_default() -> None:
    with pytest.raises(StoreError, match=str(paths.default_store())):
        frame.results()
    with open_store() as store:
        store.add(make_measurement())
    assert len(frame.results()) == 1


def test_a_device_goes_by_its_alias(path: Path) -> None:
    with open_store(path) as store:
        store.add(replace(make_measurement(number=9), device_id="gtx1650"))
    assert list(frame.results(path, device="GTX 1650")["device_id"]) == ["gtx1650"]
    assert frame.results(path, device="rtx 3090").empty
    with pytest.raises(UnknownName, match="device"):
        frame.results(path, device="no such device")
