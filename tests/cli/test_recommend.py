"""`sdprof recommend` over a small store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]
DEVICE = ("--device", "cpu-example-2c")
QUANTITY = {"value", "unit", "low", "high", "evidence", "source", "reason"}


def test_names_the_quicker_cell_with_reasons(sdprof: Command, store_path: Path) -> None:
    answer = sdprof("recommend", "--store", store_path, *DEVICE)
    assert answer.code == 0
    first = answer.out.split("1. ")[1].splitlines()[0]
    assert "absmax-int8" in first
    assert "Rejected" in answer.out
    assert "out of memory" in answer.out.lower().replace("ran ", "")


def test_json_has_one_shape_of_quantities(sdprof: Command, store_path: Path) -> None:
    answer = sdprof("recommend", "--store", store_path, *DEVICE, "--json")
    told = json.loads(answer.out)
    for figure in told["accepted"][0]["figures"].values():
        assert set(figure) == QUANTITY
        assert (figure["value"] is None) == (figure["evidence"] == "unavailable")
        assert figure["value"] is not None or figure["reason"]
    assert told["rejected"][0]["broken_limits"]


def test_the_only_device_of_a_copied_store_is_meant(sdprof: Command, store_path: Path) -> None:
    assert "cpu-example-2c" in sdprof("recommend", "--store", store_path).out


def test_nothing_fits_is_exit_code_1_and_names_the_closest(
    sdprof: Command, store_path: Path
) -> None:
    answer = sdprof("recommend", "--store", store_path, *DEVICE, "--max-latency", "1ms")
    assert answer.code == 1
    assert "closest" in answer.out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--max-memory", "lots"], "--max-memory lots"),
        (["--max-latency", "-3"], "--max-latency -3"),
        (["--top", "0"], "--top"),
        (["--min-quality", "0.5", "--quality-metric", "beauty"], "beauty"),
        (["--emit", "python", "--json"], "--emit"),
        (["--device", "gtx16500"], "gtx1650"),
    ],
)
def test_wrong_input_is_told(
    sdprof: Command, store_path: Path, flags: list[str], told: str
) -> None:
    device = () if "--device" in flags else DEVICE
    answer = sdprof("recommend", "--store", store_path, *device, *flags)
    assert answer.code == 2
    assert told in answer.err


def test_a_device_without_results_gets_the_next_move(sdprof: Command, store_path: Path) -> None:
    answer = sdprof("recommend", "--store", store_path, "--device", "gtx1650")
    assert answer.code == 2
    assert "sdprof run" in answer.err


def test_the_emitted_script_compiles(sdprof: Command, store_path: Path) -> None:
    answer = sdprof("recommend", "--store", store_path, *DEVICE, "--emit", "python")
    assert answer.code == 0
    compile(answer.out, "emitted.py", "exec")
