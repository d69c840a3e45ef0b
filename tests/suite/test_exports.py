"""Exported folders as weights: what they were made of has to go with the cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from profiler.catalogue.requires import Setting
from profiler.errors import InputError
from profiler.pipelines.exported import Manifest, Part, Step, write_manifest
from profiler.records.cell import MethodUse
from profiler.suite import load_suite
from profiler.suite.exports import why_not_exported
from tests.factories import int8_cell, make_cell

PRUNED = MethodUse("structured-pruning", ("unet",), {"ratio": 0.3, "round_to": 8})
SETTING = Setting("cpu", "this machine", None, "tiny-sd", "fp32")
MANIFEST = Manifest(1, "1", "tiny-sd", "embedded", "fp32", (PRUNED,), {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_manifest(tmp_path, MANIFEST)
    return tmp_path


def reason(folder: Path, **changes: object) -> str | None:
    cell = make_cell(**{"weights": str(folder), **changes})
    return why_not_exported(cell, SETTING, lambda _: True)


def test_a_fitting_export_may_be_used_and_compressed_further(folder: Path) -> None:
    assert reason(folder) is None
    assert reason(folder, compression=int8_cell().compression) is None


def test_another_model_precision_or_order_is_refused(folder: Path) -> None:
    assert "is an export of tiny-sd, not of sd15" in (reason(folder, model="sd15") or "")
    assert "exported in fp32, not bf16" in (reason(folder, precision="bf16") or "")
    student = MethodUse("distilled-student", ("unet",), {"size": "small"})
    assert "wrong order" in (reason(folder, compression=(student,)) or "")
    assert "in the chain twice" in (reason(folder, compression=(PRUNED,)) or "")


def test_what_has_to_be_applied_again_has_to_run_here(folder: Path) -> None:
    packed = Step("replay", MethodUse("semi-structured-2-4", ("unet",), {}))
    part = Part("diffusers", "UNet2DConditionModel", "float16", False, 1, (packed,))
    write_manifest(folder, replace(MANIFEST, precision="bf16", parts={"unet": part}))
    setting = replace(SETTING, precision="bf16")
    cell = make_cell(weights=str(folder), precision="bf16")
    assert "sparse tensor cores" in (why_not_exported(cell, setting, lambda _: True) or "")


def test_a_damaged_manifest_is_the_reason(folder: Path) -> None:
    (folder / "sdprof.json").write_text("{")
    assert "sdprof.json: cannot be read" in (reason(folder) or "")


def test_every_model_takes_a_folder_in_suites(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    text = "schema_version: 1\nname: mine\nmodels: [{name: tiny-sd, weights: %s}]\n"
    suite.write_text(text % "./mine")
    assert load_suite(str(suite)).cells[0].weights == (tmp_path / "mine").resolve().as_posix()
    suite.write_text(text % "mine")
    with pytest.raises(InputError, match=r"has weights embedded, or the path of a folder"):
        load_suite(str(suite))
