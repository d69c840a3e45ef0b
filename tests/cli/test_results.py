"""`sdprof results`: list, show, export."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Answer
from tests.factories import int8_cell, make_cell

Command = Callable[..., Answer]


def test_list_shows_every_cell_and_no_figure_as_zero(sdprof: Command, store_path: Path) -> None:
    answer = sdprof("results", "list", "--store", store_path)
    assert answer.code == 0
    assert "absmax-int8" in answer.out
    assert "out of memory in first_image" in answer.out
    assert "n/a" in answer.out
    told = json.loads(sdprof("results", "list", "--store", store_path, "--json").out)
    assert {row["cell_id"] for row in told} >= {make_cell().cell_id, int8_cell().cell_id}


def test_show_by_the_beginning_of_an_id(sdprof: Command, store_path: Path) -> None:
    cell_id = int8_cell().cell_id
    answer = sdprof("results", "show", cell_id[:8], "--store", store_path)
    assert answer.code == 0
    assert "60 of 80 layers" in answer.out
    assert "unavailable: no energy sensor" in answer.out
    assert "warm latencies" in answer.out


def test_unknown_and_ambiguous_cells(sdprof: Command, store_path: Path) -> None:
    assert sdprof("results", "show", "zzzz", "--store", store_path).code == 2
    answer = sdprof("results", "show", "", "--store", store_path)
    assert answer.code == 2
    assert "write more" in answer.err


def test_export_and_no_overwriting(sdprof: Command, store_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    assert sdprof("results", "export", target, "--store", store_path).code == 0
    assert len(list(csv.DictReader(target.open()))) == 4
    again = sdprof("results", "export", target, "--store", store_path)
    assert again.code == 2
    assert "--force" in again.err
    assert sdprof("results", "export", target, "--store", store_path, "--force").code == 0
