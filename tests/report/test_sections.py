from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.records.measurement import Failure
from profiler.report import sections
from profiler.report.gather import DeviceRows
from profiler.report.labels import labels
from tests.factories import make_cell, make_environment
from tests.report.example import BASELINE, run_info


@pytest.fixture
def device(material):
    return material.devices[0]


def failures_of(device):
    return sections.failures(device, labels([s.cell for s in device.summaries], BASELINE))


def test_failures_tell_stage_reason_and_details(device):
    rows = {row["outcome"]: row for row in failures_of(device)["rows"]}
    assert set(rows) == {"out of memory", "invalid output", "crash", "not supported"}
    assert rows["out of memory"]["stage"] == "first image"
    assert rows["out of memory"]["details"] == ["bytes asked: 2.00 GiB"]
    assert rows["crash"]["tracebacks"] == ["Traceback\n  line 1"]
    assert rows["crash"]["details"] == ["signal: 11"]
    assert rows["invalid output"]["message"] == "the image holds NaN (flags: nan)"


def test_equal_failures_are_told_once_with_all_their_cells(device):
    failed = next(s for s in device.summaries if s.failure is not None)
    many = tuple(replace(failed, cell=make_cell(seed=seed)) for seed in range(40))
    other = replace(failed, cell=make_cell(seed=99), failure=Failure("load", "else"))
    view = failures_of(DeviceRows("d", (*many, other)))
    assert len(view["rows"]) == 2
    assert len(view["rows"][0]["names"]) == sections.SHOWN_NAMES + 1
    assert view["rows"][0]["names"][-1].startswith("and 28 more")


def test_many_different_failures_are_cut_and_that_is_said(device):
    failed = next(s for s in device.summaries if s.failure is not None)
    many = tuple(
        replace(failed, cell=make_cell(seed=n), failure=Failure("load", f"reason {n}"))
        for n in range(sections.SHOWN_FAILURES + 1)
    )
    view = failures_of(DeviceRows("d", many))
    assert len(view["rows"]) == sections.SHOWN_FAILURES
    assert view["notes"] == ["The first 60 of 61 reasons are shown."]


def test_no_failure_is_said_too(device):
    assert failures_of(replace(device, summaries=device.summaries[:3])) == {
        "rows": [],
        "notes": ["Every configuration ended with valid images."],
    }


def test_environment_leaves_out_what_is_not_known(device):
    view = sections.environments(device)
    facts = {fact["name"]: fact["value"] for fact in view["shown"][0]["facts"]}
    assert facts["host memory"] == "16.0 GiB"
    assert "CUDA" not in facts
    assert {"name": "torch", "value": "2.13.0"} in view["shown"][0]["packages"]
    assert view["notes"] == []


def test_several_environments_are_a_caveat(device):
    second = run_info(run_id="run-2", environment=make_environment(python="3.12.1"))
    view = sections.environments(replace(device, runs=(*device.runs, second)))
    assert len(view["shown"]) == 2
    assert "2 environments" in view["notes"][0]


def test_overhead_of_runs_and_cells(device):
    view = sections.overhead(device)
    costs = {cost["name"]: cost["value"] for cost in view["runs"][0]["costs"]}
    assert costs == {
        "bench CPU": "1.70 s",
        "measuring share": "93 %",
        "sampler energy": "unavailable: no energy sensor",
    }
    start = next(cell for cell in view["cells"] if cell["name"] == "start")
    assert (start["median"], start["cells"]) == ("200 ms", "11")
    assert view["notes"] == []


def test_unknown_overhead_is_unavailable_and_not_zero():
    view = sections.overhead(DeviceRows("d", ()))
    assert view["notes"] == ["Unavailable: no run of this device told its own cost."]
