from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.records.quantity import Evidence, Quantity
from profiler.report.labels import labels
from profiler.report.table import table
from profiler.report.text import DASH
from tests.report.example import BASELINE


@pytest.fixture
def device(material):
    return material.devices[0]


def view_of(device):
    return table(device, labels([s.cell for s in device.summaries], BASELINE))


def cell_of(view, row, heading):
    column = [c["heading"] for c in view["columns"]].index(heading)
    return view["rows"][row]["cells"][column]


def row_of(view, name):
    return [row["head"]["text"] for row in view["rows"]].index(name)


def test_every_row_has_a_cell_for_every_column(device):
    view = view_of(device)
    assert len(view["rows"]) == 15
    assert {len(row["cells"]) for row in view["rows"]} == {len(view["columns"])}


def test_columns_that_the_brief_asks_for(device):
    headings = [column["heading"] for column in view_of(device)["columns"]]
    assert headings[:2] == ["Rank", "Outcome"]
    assert headings[2:8] == [
        "Latency",
        "Against baseline",
        "Throughput",
        "Peak memory",
        "Weights",
        "Energy",
    ]
    assert headings[8:10] == ["Prompt alignment", "PSNR"]
    assert headings[10:18] == [
        "Model",
        "Compression",
        "Precision",
        "Optimisations",
        "Resolution",
        "Batch",
        "Steps",
        "Scheduler",
    ]


def test_constant_settings_are_marked_and_told_once(device):
    view = view_of(device)
    constant = [c["heading"] for c in view["columns"] if "constant" in c["classes"]]
    assert constant == ["Resolution", "Scheduler", "Guidance", "Weights from"]
    assert {"name": "scheduler", "value": "ddim"} in view["same"]


def test_figures_carry_interval_evidence_and_sort_key(device):
    view = view_of(device)
    cell = cell_of(view, row_of(view, "uncompressed · fp32"), "Latency")
    assert cell["text"] == "0.410"
    assert cell["small"] == [f"0.408{DASH}0.412"]
    assert cell["marks"][0]["mark"] == "m"
    assert "measured on this device" in cell["marks"][0]["title"]
    assert float(dict(cell["attrs"])["data-v"]) == pytest.approx(0.41, rel=0.01)


def test_other_evidence_is_marked(device):
    guess = Quantity(1.5, "s", 1.0, 2.0, Evidence.PREDICTED, "roofline")
    first = device.summaries[0]
    changed = replace(first, figures={**first.figures, "latency_s_per_image": guess})
    cell = cell_of(view_of(replace(device, summaries=(changed,))), 0, "Latency")
    assert cell["marks"] == [{"mark": "e", "title": "estimated by a model: roofline"}]


def test_unavailable_is_a_dash_with_reason_never_a_number(device):
    view = view_of(device)
    energy = cell_of(view, 0, "Energy")
    assert energy["text"] == DASH
    assert energy["attrs"] == [("title", "no energy sensor")]
    assert energy["hidden"] == ["unavailable: no energy sensor"]
    failed = cell_of(view, 14, "Latency")
    assert failed["text"] == DASH
    assert "data-v" not in dict(failed["attrs"])
    assert failed["hidden"][0].startswith("unavailable: ")


def test_a_value_of_zero_is_a_value(device):
    first = device.summaries[0]
    zero = replace(first, quality={"psnr": Quantity(0.0, "dB")})
    cell = cell_of(view_of(replace(device, summaries=(zero,))), 0, "PSNR")
    assert cell["text"] == "0"
    assert "na" not in cell["classes"].split()
    assert cell["attrs"] == [("data-v", "0")]


def test_ratio_is_that_of_the_recommendation_and_coloured_by_its_verdict(device):
    view = view_of(device)
    best = view["rows"][0]
    ratio = cell_of(view, 0, "Against baseline")
    candidate = device.recommendation.accepted[0]
    told = candidate.against_baseline["latency_s_per_image"].value
    assert float(dict(ratio["attrs"])["data-v"]) == pytest.approx(told, rel=1e-4)
    assert "better" in ratio["classes"]
    assert best["head"]["badges"][0]["text"] == "recommended"
    own = cell_of(view, row_of(view, "uncompressed · fp32"), "Against baseline")
    assert own["text"] == "1.00"
    assert not {"better", "worse"} & set(own["classes"].split())


def test_without_a_baseline_the_ratio_says_so(device):
    bare = tuple(replace(s, baseline_id="") for s in device.summaries)
    alone = replace(device, summaries=bare, recommendation=None)
    cell = cell_of(view_of(alone), 0, "Against baseline")
    assert cell["hidden"] == ["unavailable: there is no baseline"]


def test_rejected_cells_tell_the_limit_in_place_of_a_rank(device):
    view = view_of(device)
    rejected = device.recommendation.rejected[0]
    row = [r["head"]["cell_id"] for r in view["rows"]].index(rejected.summary.cell_id)
    assert cell_of(view, row, "Rank")["attrs"] == [("title", "; ".join(rejected.broken_limits))]


def test_rows_come_by_rank_then_latency_with_failures_last(device):
    view = view_of(device)
    accepted = len(device.recommendation.accepted)
    ranks = [int(cell_of(view, row, "Rank")["text"]) for row in range(accepted)]
    assert accepted > 3
    assert ranks == sorted(ranks)
    assert [row["outcome"] == "ok" for row in view["rows"]] == [True] * 11 + [False] * 4
    assert {o["value"] for o in view["outcomes"]} == {
        "ok",
        "out_of_memory",
        "invalid_output",
        "crash",
        "unsupported",
    }


def test_missing_figure_of_a_failed_cell_names_its_end(device):
    failed = replace(device.summaries[-1], figures={}, quality={})
    cell = cell_of(view_of(replace(device, summaries=(failed,))), 0, "Throughput")
    assert cell["hidden"][0].startswith("unavailable: the cell ended with: ")


def test_reason_of_an_unavailable_metric(device):
    view = view_of(device)
    cell = cell_of(view, row_of(view, "uncompressed · fp32"), "PSNR")
    assert cell["attrs"] == [("title", "the baseline is the reference itself")]
