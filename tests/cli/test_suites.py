"""`sdprof suites`, `plan`, `devices` and `methods`: answers without measuring."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def test_shipped_suites_are_listed_shown_and_valid(sdprof: Command) -> None:
    names = {row["name"] for row in json.loads(sdprof("suites", "list", "--json").out)}
    assert names >= {"quickstart", "sd15", "nightly"}
    assert sdprof("suites", "validate", *names).code == 0
    shown = json.loads(sdprof("suites", "show", "quickstart", "--json").out)
    assert len({cell["cell_id"] for cell in shown["cells"]}) == len(shown["cells"]) > 10


def test_a_wrong_suite_names_line_and_word(sdprof: Command, tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "schema_version: 1\nname: mine\nmodels: [tiny-sd]\naxes:\n  precison: [fp32]\n"
    )
    answer = sdprof("suites", "validate", suite)
    assert answer.code == 2
    assert f"{suite}:5:3" in answer.err
    assert "precision" in answer.err


def test_plan_tells_what_cannot_run_and_why(
    sdprof: Command, tmp_path: Path, store_path: Path
) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "schema_version: 1\nname: mine\nmodels: [tiny-sd]\n"
        "axes: {precision: [fp32, fp16], optimisations: [none, model-offload]}\n"
    )
    answer = sdprof("plan", suite, "--device", "cpu", "--store", store_path, "--json")
    rows = json.loads(answer.out)["cells"]
    states = [row["state"] for row in rows]
    assert states.count("run") == 1
    assert states.count("impossible") == 3
    assert all(row["reason"] for row in rows if row["state"] == "impossible")


def test_plan_for_another_device_goes_by_its_profile(sdprof: Command, tmp_path: Path) -> None:
    store = tmp_path / "none.sqlite"
    answer = sdprof("plan", "sd15", "--device", "gtx1080ti", "--store", store)
    assert answer.code == 0
    assert "bf16 needs compute capability 8.0" in " ".join(answer.out.split())
    assert not store.exists()


def test_only_takes_an_expression_and_explains_a_wrong_one(sdprof: Command, tmp_path: Path) -> None:
    store = tmp_path / "none.sqlite"
    plan = ("plan", "quickstart", "--device", "cpu", "--store", store)
    rows = json.loads(sdprof(*plan, "--only", "precision=bf16", "--json").out)["cells"]
    assert {row["cell"]["precision"] for row in rows if row["state"] == "run"} == {"bf16"}
    assert sdprof(*plan, "--only", "precision=").code == 2


def test_devices_and_methods(sdprof: Command, tmp_path: Path) -> None:
    assert "gtx1650" in sdprof("devices", "list").out
    assert sdprof("devices", "validate").code == 0
    assert json.loads(sdprof("devices", "show", "GTX 1650", "--json").out)["id"] == "gtx1650"
    assert sdprof("devices", "detect").code == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text("schema_version: 1\nid: broken\n")
    assert sdprof("devices", "validate", broken).code == 2
    methods = json.loads(sdprof("methods", "--device", "gtx1650", "--json").out)
    assert {m["name"] for m in methods if m["runs"]} >= {"absmax-int8", "model-offload"}


def test_an_empty_expression_does_not_select_everything(sdprof: Command, tmp_path: Path) -> None:
    plan = ("plan", "quickstart", "--device", "cpu", "--store", tmp_path / "none.sqlite")
    answer = sdprof(*plan, "--only", "")
    assert answer.code == 2
    assert "expected a field" in answer.err


def test_this_machine_is_a_device_for_every_command(sdprof: Command, store_path: Path) -> None:
    detected = json.loads(sdprof("devices", "detect", "--json").out)["id"]
    assert json.loads(sdprof("devices", "show", "local", "--json").out)["id"] == detected
    cpu = json.loads(sdprof("devices", "show", "cpu", "--json").out)
    assert cpu["kind"] == "cpu"
    assert f"on {cpu['name']}" in sdprof("methods", "--device", "cpu").out
    assert sdprof("results", "list", "--device", "cpu", "--store", store_path).code == 0


def test_one_cell_is_one_cell(sdprof: Command, tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text("schema_version: 1\nname: mine\nmodels: [tiny-sd]\n")
    assert "valid, 1 cell\n" in sdprof("suites", "validate", suite).out
