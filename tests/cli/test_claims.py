"""`sdprof claims`: verdicts in the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from profiler.catalogue.claims import CLAIMS
from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def test_without_results_the_exact_ones_are_judged(sdprof: Command) -> None:
    answer = sdprof("claims", "--device", "gtx1650")
    assert answer.code == 0
    assert "sdprof run claims" in answer.err
    assert all(name in answer.out for name in CLAIMS)
    assert "does not hold" in answer.out


def test_json_of_a_store(sdprof: Command, store_path: Path) -> None:
    told = json.loads(sdprof("claims", "--store", store_path, "--json").out)
    assert told["device_id"] == "cpu-example-2c"
    verdicts = {one["id"]: one["verdict"] for one in told["claims"]}
    assert verdicts["quantization-size"] == "does not hold"
    assert verdicts["preload"] == "not measured"
    assert sum(told["verdicts"].values()) == len(CLAIMS)


def test_page_is_written_once(sdprof: Command, store_path: Path, tmp_path: Path) -> None:
    page = tmp_path / "claims.html"
    assert sdprof("claims", "--store", store_path, "--out", page).code == 0
    assert "put to the test" in page.read_text(encoding="utf-8")
    again = sdprof("claims", "--store", store_path, "--out", page)
    assert again.code == 2
    assert "--force" in again.err
    assert sdprof("claims", "--store", store_path, "--out", page, "--json").code == 2
    assert sdprof("claims", "--store", tmp_path / "none.sqlite").code == 2
