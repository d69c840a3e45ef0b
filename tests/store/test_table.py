"""Flat rows: every fact has a column, every figure its unit, interval and evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.records.cell import MethodUse
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import FIGURES
from profiler.store.condense import summary_of
from profiler.store.table import finite, quality_column, table_of
from tests.factories import failed_measurement, int8_cell, make_cell, make_measurement

PSNR = {"psnr": measured(31.5, "dB", 30.0, 33.0)}


def row_of(*measurements: object) -> dict[str, object]:
    table = table_of(summary_of(m) for m in measurements)
    assert all(list(row) == list(table.kinds) for row in table.rows)
    return dict(table.rows[0])


def test_a_figure_has_its_interval_and_evidence_beside_it() -> None:
    summary = summary_of(make_measurement())
    latency = summary.figures["latency_s_per_image"]
    row = row_of(make_measurement())
    assert row["latency_s_per_image"] == latency.value
    assert row["latency_s_per_image_low"] == latency.low
    assert row["latency_s_per_image_high"] == latency.high
    assert row["latency_s_per_image_evidence"] == "measured"
    assert row["latency_s_per_image_source"] == latency.source
    assert row["latency_s_per_image_reason"] == ""


def test_a_missing_figure_is_empty_and_says_why() -> None:
    row = row_of(make_measurement())
    assert row["energy_j_per_image"] is None
    assert row["energy_j_per_image_evidence"] == "unavailable"
    assert row["energy_j_per_image_reason"] == "no energy sensor"


def test_no_value_is_ever_empty_without_a_reason() -> None:
    measurements = [make_measurement(), failed_measurement(), make_measurement(quality=PSNR)]
    for row in table_of(summary_of(m) for m in measurements).rows:
        for name in [*FIGURES, "quality_psnr_db", "quality_prompt_alignment"]:
            empty = row[name] is None
            assert empty == bool(row[f"{name}_reason"])
            assert empty == (row[f"{name}_evidence"] == "unavailable")


def test_the_columns_do_not_depend_on_what_was_measured() -> None:
    ok, failed = make_measurement(quality={}), failed_measurement()
    assert row_of(ok).keys() == row_of(failed).keys()
    assert table_of([]).kinds.keys() == row_of(ok).keys()


def test_a_summary_without_a_figure_says_so() -> None:
    bare = replace(summary_of(make_measurement()), figures={})
    [row] = table_of([bare]).rows
    assert row["load_s_reason"] == "not part of this summary"


def test_facts_of_a_failed_cell() -> None:
    row = row_of(failed_measurement(validity=("throttled", "nan")))
    assert row["outcome"] == "out_of_memory"
    assert row["failure_stage"] == "first_image"
    assert row["failure_message"] == "asked for 2.0 GiB"
    assert row["validity"] == "throttled nan"


def test_methods_show_their_parameters_and_components_in_order() -> None:
    prune = MethodUse("prune", ("unet", "vae"), {"ratio": 0.3})
    cell = make_cell(compression=(prune, *int8_cell().compression))
    row = row_of(make_measurement(cell))
    assert row["compression"] == (
        "prune(ratio=0.3) on unet+vae, absmax-int8(convolutions=True, granularity=channel) on unet"
    )
    assert row["optimisations"] == "none"


@pytest.mark.parametrize(
    ("metric", "unit", "column"),
    [
        ("psnr", "dB", "quality_psnr_db"),
        ("clip-score", "1", "quality_clip_score"),
        ("speed", "images/s", "quality_speed_images_per_s"),
    ],
)
def test_quality_columns_have_the_unit_in_their_name(metric: str, unit: str, column: str) -> None:
    assert quality_column(metric, unit) == column


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_unavailable(value: float) -> None:
    shown = finite(measured(value, "dB"))
    assert not shown.available
    assert str(value) in shown.reason


def test_finite_quantities_stay_as_they_are() -> None:
    for quantity in (measured(1.0, "s", 0.5, 2.0, "x"), unavailable("J", "no sensor")):
        assert finite(quantity) == quantity
    assert finite(Quantity(1.0, "s", 0.5, float("inf"))) == Quantity(1.0, "s", 0.5, None)
