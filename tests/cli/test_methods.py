"""`sdprof methods`: the listing, one entry, another device, and the page for the documentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from profiler import paths
from profiler.analysis import methods
from profiler.catalogue.compression import COMPRESSIONS
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.report.methods_page import without_measured
from tests.cli.conftest import Answer

Command = Callable[..., Answer]
PAGE = Path(__file__).parents[2] / "docs" / "methods.md"


def listed(sdprof: Command, *arguments: str) -> dict[str, dict[str, object]]:
    return {entry["name"]: entry for entry in json.loads(sdprof("methods", *arguments).out)}


def test_every_entry_is_listed_with_family_and_verdict(sdprof: Command) -> None:
    entries = listed(sdprof, "--device", "cpu", "--json")
    assert entries.keys() >= {*COMPRESSIONS, *OPTIMISATIONS}
    keys = {"aliases", "kind", "family", "components", "parameters", "requires", "runs", "reason"}
    assert all(entry.keys() >= keys for entry in entries.values())
    assert {entry["family"] for entry in entries.values()} == set(methods.FAMILIES.values())
    assert all(bool(entry["reason"]) != entry["runs"] for entry in entries.values())
    text = sdprof("methods", "--device", "cpu").out
    assert all(name in text for name in entries)


def test_reasons_are_those_of_the_device(sdprof: Command) -> None:
    here = listed(sdprof, "--device", "cpu", "--json")
    assert here["model-offload"]["runs"] is False
    assert "runs on cuda only" in str(here["model-offload"]["reason"])
    old = listed(sdprof, "--device", "gtx1080ti", "--json")
    assert old["model-offload"]["runs"] is True
    assert "compute capability 7.5" in str(old["bnb-int8"]["reason"])


def test_packages_of_this_machine_do_not_count_against_another_device(
    sdprof: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = methods.methods_on

    def without_pruning(device, *, here):  # type: ignore[no-untyped-def]
        return judge(device, here=here, packages=lambda name: name != "torch_pruning")

    monkeypatch.setattr("profiler.cli.methods.methods_on", without_pruning)
    there = listed(sdprof, "structured-pruning", "--device", "rtx4090", "--json")
    assert there["structured-pruning"]["runs"] is True
    assert there["structured-pruning"]["lacks"] == ["torch_pruning"]
    told = sdprof("methods", "structured-pruning", "--device", "rtx4090").out
    assert "needs package torch-pruning, not installed on this machine" in told
    here = listed(sdprof, "structured-pruning", "--json")
    assert "'torch-pruning', which is not installed" in str(here["structured-pruning"]["reason"])


def test_a_format_that_the_device_refuses_is_the_reason(sdprof: Command) -> None:
    reasons = {name: e["reason"] for name, e in listed(sdprof, "--device", "cpu", "--json").items()}
    assert "cuda" in str(reasons["semi-structured-2-4"]).lower()


def test_one_entry_in_detail(sdprof: Command) -> None:
    shown = sdprof("methods", "structured-pruning", "--device", "cpu").out
    assert "ratio (float, default 0.3, from 0.01 to 0.75)" in shown
    assert "arXiv:2301.12900" in shown
    assert "pruning" in shown
    # A method and a sampler share this name.
    assert {e["kind"] for e in json.loads(sdprof("methods", "lcm", "--json").out)} == {
        "distil",
        "scheduler",
    }
    alias = sdprof("methods", "taesd").out
    assert "tiny-vae: distillation" in alias


def test_a_wrong_name_is_told_with_the_nearest(sdprof: Command) -> None:
    answer = sdprof("methods", "absmax-int9")
    assert answer.code == 2
    assert "did you mean 'absmax-int8'" in answer.err


def test_markdown_takes_nothing_beside_it(sdprof: Command, tmp_path: Path) -> None:
    assert sdprof("methods", "absmax-int8", "--markdown").code == 2
    missing = sdprof("methods", "--markdown", "--store", tmp_path / "none.sqlite")
    assert missing.code == 2
    assert "sdprof run" in missing.err


def test_markdown_of_a_store_without_the_suite_says_what_to_run(
    sdprof: Command, store_path: Path
) -> None:
    answer = sdprof("methods", "--markdown", "--store", store_path)
    assert answer.code == 2
    assert "sdprof run compression_atlas" in answer.err
    measured = sdprof("methods", "--markdown", "--store", store_path, "--suite", "quickstart")
    assert measured.code == 0
    assert "| fp32 absmax-int8 64x64 b1 20 steps |" in measured.out


def test_the_committed_page_is_that_of_the_catalogue(sdprof: Command) -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [n for n in (*COMPRESSIONS, *OPTIMISATIONS) if f"### `{n}`\n" not in page]
    assert not missing, "make it anew: sdprof methods --markdown --store PATH > docs/methods.md"
    fresh = sdprof("methods", "--markdown").out
    assert without_measured(page) == without_measured(fresh)


def test_both_atlases_name_every_method() -> None:
    text = "".join(
        (paths.suites() / f"{name}_atlas.yaml").read_text()
        for name in ("compression", "optimisation")
    )
    # An adapter is somebody's file: none ships.
    absent = {n for n in (*COMPRESSIONS, *OPTIMISATIONS) if n not in text} - {"lora"}
    assert not absent
