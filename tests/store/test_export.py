"""Exported files: readable by others, complete, and never written over by accident."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from profiler.errors import InputError, MissingExtra, UnknownName
from profiler.records.codec import from_json
from profiler.records.quantity import Quantity, measured
from profiler.records.summary import FIGURES, Summary
from profiler.store.condense import summary_of
from profiler.store.export import as_csv, as_json, export
from tests.factories import failed_measurement, int8_cell, make_cell, make_measurement

ROWS: list[Summary] = [
    summary_of(make_measurement(int8_cell())),
    summary_of(failed_measurement(make_cell(prompts=('a "red", circle\non white', "ünïcode")))),
    summary_of(make_measurement(quality={"psnr": measured(float("inf"), "dB")})),
]


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_the_suffix_tells_the_format(tmp_path: Path, suffix: str) -> None:
    path = export(ROWS, tmp_path / "new" / f"out.{suffix}")
    readers = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}
    frame = readers[suffix](path)
    assert list(frame["outcome"]) == ["ok", "out_of_memory", "ok"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_format_stands_above_the_suffix(tmp_path: Path) -> None:
    path = export(ROWS, tmp_path / "out.txt", "json")
    assert len(json.loads(path.read_text())) == 3


def test_json_quantities_have_the_one_shape(tmp_path: Path) -> None:
    written = json.loads(export(ROWS, tmp_path / "x.json").read_text(), parse_constant=pytest.fail)
    shape = ["value", "unit", "low", "high", "evidence", "source", "reason"]
    for row, summary in zip(written, ROWS, strict=True):
        assert list(row["figures"]) == list(FIGURES)
        for name, quantity in {**row["figures"], **row["quality"]}.items():
            assert list(quantity) == shape, name
        figures = {name: from_json(Quantity, item) for name, item in row["figures"].items()}
        assert figures == summary.figures
        assert row["cell_id"] == summary.cell_id
        assert from_json(type(summary.cell), row["cell"]) == summary.cell


def test_json_says_why_infinity_is_not_there() -> None:
    psnr = json.loads(as_json(ROWS))[2]["quality"]["psnr"]
    assert psnr["value"] is None
    assert psnr["evidence"] == "unavailable"
    assert "inf" in psnr["reason"]


def test_csv_round_trips_numbers_and_odd_texts() -> None:
    lines = list(csv.DictReader(as_csv(ROWS).splitlines(keepends=True)))
    assert len(lines) == 3
    latency = ROWS[0].figures["latency_s_per_image"]
    assert float(lines[0]["latency_s_per_image"]) == latency.value
    assert lines[1]["latency_s_per_image"] == ""
    assert "asked for 2.0 GiB" in lines[1]["latency_s_per_image_reason"]


def test_parquet_is_typed(tmp_path: Path) -> None:
    frame = pd.read_parquet(export(ROWS, tmp_path / "x.parquet"))
    assert frame["latency_s_per_image"].dtype == "float64"
    assert frame["energy_j_per_image"].isna().all()
    assert frame["energy_j_per_image"].dtype == "float64"
    assert frame["width_px"].dtype == "int64"
    assert str(frame["started_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_nothing_to_export_is_a_readable_file(tmp_path: Path, suffix: str) -> None:
    assert export([], tmp_path / f"x.{suffix}").stat().st_size > 0


def test_a_file_is_not_overwritten_without_force(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match=r"out\.csv.*without --force"):
        export(ROWS, path)
    assert path.read_text() == "mine"
    export(ROWS, path, force=True)
    assert path.read_text() == as_csv(ROWS)


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
def test_an_unknown_format_names_the_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName, match="csv, json, parquet"):
        export(ROWS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_format_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'parquet'"):
        export(ROWS, tmp_path / "out", "parket")


def test_a_folder_or_a_file_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a folder"):
        export(ROWS, tmp_path, "csv", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        export(ROWS, tmp_path / "file" / "x.csv")


def test_parquet_without_pyarrow_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pyarrow.*sdprof\[parquet\]"):
        export(ROWS, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []
