"""`sdprof export`: a folder that can be measured, and one message for what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]


@pytest.fixture
def pruned(sdprof: Command, tmp_path: Path) -> Path:
    """tiny-sd with a magnitude-pruned UNet."""
    folder = tmp_path / "pruned"
    answer = sdprof(
        *("export", "tiny-sd", "--config", "magnitude-pruning"),
        *("--out", folder, "--device", "cpu"),
    )
    assert answer.code == 0, answer.err
    assert f"models: [{{name: tiny-sd, weights: {folder}}}]" in answer.out
    assert "diffusers or sdprof" in answer.out
    return folder


def test_the_folder_is_planned_where_it_fits(sdprof: Command, pruned: Path, tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "schema_version: 1\nname: mine\nmodels: [{name: tiny-sd, weights: ./pruned}]\n"
        "axes: {precision: [fp32, bf16], compression: [none, absmax-int8]}\n"
    )
    store = tmp_path / "none.sqlite"
    answer = sdprof("plan", suite, "--device", "cpu", "--store", store, "--json")
    rows = json.loads(answer.out)["cells"]
    assert [row["state"] for row in rows] == ["run", "impossible", "run", "impossible"]
    reasons = [row["reason"] for row in rows if row["reason"]]
    assert all("exported in fp32, not bf16" in reason for reason in reasons)


def test_an_export_can_be_exported_further(sdprof: Command, pruned: Path, tmp_path: Path) -> None:
    config = tmp_path / "more.yaml"
    config.write_text("compression: {method: absmax-int8}\nweights: ./pruned\n")
    answer = sdprof(
        *("export", "tiny-sd", "--config", config, "--out", tmp_path / "more"),
        *("--device", "cpu", "--json"),
    )
    told = json.loads(answer.out)
    assert [use["method"] for use in told["manifest"]["chain"]] == [
        "magnitude-pruning",
        "absmax-int8",
    ]
    assert told["manifest"]["weights"] == "embedded"
    assert told["report"]["components"]["unet"] < 0.3 * told["report"]["original"]["unet"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tiny-ds", "--config", "none"), "unknown model 'tiny-ds'"),
        (("tiny-sd", "--config", "absmax-int9"), "did you mean 'absmax-int8'"),
        (("tiny-sd", "--config", "none", "--precision", "fp31"), "unknown precision 'fp31'"),
        (("tiny-sd", "--config", "none", "--weights", "hub"), "no such folder"),
        (("tiny-sd", "--config", "none", "--weights", "/dev"), "model_index.json"),
    ],
)
def test_mistakes_are_told(
    sdprof: Command, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    answer = sdprof("export", *arguments, "--out", tmp_path / "out", "--device", "cpu")
    assert answer.code == 2
    assert message in answer.err
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_stays(sdprof: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    arguments = ("export", "tiny-sd", "--config", "none", "--out", tmp_path, "--device", "cpu")
    assert "the folder is not empty" in sdprof(*arguments).err
    answer = sdprof(*arguments, "--force")
    assert (answer.code, (tmp_path / "mine.txt").read_text()) == (2, "mine")
