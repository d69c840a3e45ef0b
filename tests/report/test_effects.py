from __future__ import annotations

from dataclasses import replace

from profiler.records.cell import MethodUse
from profiler.records.measurement import MethodEffect, OptimisationEffect, WeightsReport
from profiler.report.effects import effects
from profiler.report.gather import DeviceRows
from profiler.store.condense import summary_of
from tests.factories import int8_cell, make_cell, make_measurement

INT8 = MethodEffect("absmax-int8", ("unet",), 40, 42, 2**20, 2**19, 0.25, {"sparse_bytes": 2**18})


def view_of(*measurements, details=True):
    summaries = tuple(summary_of(measurement) for measurement in measurements)
    kept = {m.cell.cell_id: m for m in measurements} if details else {}
    return effects(DeviceRows("d", summaries, kept), {})


def test_a_compression_is_told_with_its_layers_and_bytes():
    weights = WeightsReport({"unet": 2**19}, {"unet": 2**20}, (INT8,))
    ((row,),) = view_of(replace(make_measurement(int8_cell()), weights=weights))["tables"]
    assert row["method"] == "absmax-int8 on unet"
    assert row["reach"] == "40 of 42 layers"
    assert row["bytes"] == "1.00 MiB to 512 KiB"
    assert row["took"] == "0.25 s"
    assert row["details"] == "sparse bytes 256 KiB"


def test_an_optimisation_is_told_with_its_uses_or_that_it_did_nothing():
    did = OptimisationEffect("prompt-cache", 1, 12, details={"share": 0.51234})
    idle = OptimisationEffect("taylorseer", 3, 0, "never came to bear")
    cell = make_cell(optimisations=(MethodUse("prompt-cache"),))
    (rows,) = view_of(replace(make_measurement(cell), optimisations=(did, idle)))["tables"]
    assert rows[0]["reach"] == "1 reached, used 12 times"
    assert rows[0]["details"] == "share 0.5123"
    assert rows[1]["reach"] == "no effect: never came to bear"


def test_what_is_missing_is_said():
    assert view_of(make_measurement(make_cell()))["notes"] == [
        "No method or optimisation was applied."
    ]
    notes = view_of(make_measurement(int8_cell()), details=False)["notes"]
    assert "The details of 1 more are in the store" in notes[1]
