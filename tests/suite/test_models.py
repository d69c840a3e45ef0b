"""Models of a suite: any of the hub by name, checkpoint files, and what models call their parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.devices.lookup import find
from profiler.errors import InputError
from profiler.suite import load_suite
from profiler.suite.feasibility import why_not
from profiler.suite.schema import json_schema

HEAD = "schema_version: 1\nname: x\nprompts: [an owl]\n"


@pytest.fixture
def cells(tmp_path):
    def load(text: str):
        path = tmp_path / "x.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        return load_suite(str(path)).cells

    return load


@pytest.fixture(autouse=True)
def _no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


def test_any_model_of_the_hub_by_its_name(cells):
    (cell,) = cells("models: [prompthero/openjourney]\n")
    assert (cell.model, cell.weights) == ("prompthero/openjourney", "hub")
    assert (cell.width_px, cell.steps, cell.scheduler) == (512, 20, "ddim")
    with pytest.raises(InputError, match="unknown model 'a/b/c'"):
        cells("models: [a/b/c]\n")


def test_a_checkpoint_file_lies_beside_the_suite(cells, tmp_path):
    (cell,) = cells("models: [{name: sd15, weights: my.safetensors}]\n")
    assert cell.weights == (tmp_path / "my.safetensors").as_posix()
    device = find("a100_sxm4_80gb")
    assert why_not(cell, device, lambda _: True) == f"there is no file {cell.weights}"
    Path(cell.weights).touch()
    assert why_not(cell, device, lambda _: True) is None
    with pytest.raises(InputError, match="unknown weights"):
        cells("models: [{name: tiny-sd, weights: my.safetensors}]\n")


def test_a_method_for_the_unet_is_for_the_transformer_of_others(cells):
    _, cell = cells(
        "models: [{name: flux-schnell, weights: random}]\n"
        "axes: {compression: [none, absmax-int8]}\n"
    )
    assert cell.compression[0].components == ("transformer",)
    assert cell.scheduler == "flow-euler"


def test_a_scheduler_of_the_wrong_kind_is_a_reason(cells):
    _, cell = cells(
        "models: [{name: sd3.5-medium, weights: random}]\naxes: {scheduler: [flow-euler, ddim]}\n"
    )
    told = why_not(cell, find("a100_sxm4_80gb"), lambda _: True)
    assert told is not None
    assert "trained by flow matching" in told


def test_the_schema_takes_names_of_the_hub():
    name = json_schema()["$defs"]["ModelShape"]["properties"]["name"]
    assert "sdxl" in name["anyOf"][0]["enum"]
    assert "/" in name["anyOf"][1]["pattern"]


def test_a_folder_without_a_slash_is_told_how_to_write_it(cells, tmp_path):
    (tmp_path / "small").mkdir()
    with pytest.raises(InputError, match=r"'small' is a path here; write ./small"):
        cells("models: [{name: tiny-sd, weights: small}]\n")
