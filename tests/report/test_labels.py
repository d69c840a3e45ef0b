from __future__ import annotations

from profiler.records.cell import MethodUse
from profiler.report.labels import labels, settings, varying
from profiler.report.text import TIMES
from tests.factories import int8_cell, make_cell


def test_names_tell_only_what_differs_from_the_baseline():
    baseline, fewer = make_cell(), make_cell(steps=10, scheduler="euler")
    named = labels([baseline, fewer, int8_cell(precision="bf16")], baseline)
    assert named[baseline.cell_id] == "uncompressed · fp32"
    assert named[fewer.cell_id] == "uncompressed · fp32 · 10 steps · euler"
    assert named[int8_cell(precision="bf16").cell_id] == "absmax-int8 · bf16"


def test_without_a_baseline_the_common_value_is_left_out():
    cells = [make_cell(), make_cell(precision="bf16"), make_cell(batch_size=4)]
    named = labels(cells)
    assert named[cells[0].cell_id] == "uncompressed · fp32"
    assert named[cells[2].cell_id] == "uncompressed · fp32 · batch 4"


def test_equal_names_get_the_start_of_the_id():
    one, other = make_cell(seed=1), make_cell(seed=2)
    named = labels([one, other])
    assert len(set(named.values())) == 2
    assert one.cell_id[:6] in named[one.cell_id]


def test_lost_optimisation_is_told():
    slicing = make_cell(optimisations=(MethodUse("attention-slicing", ("unet",), {}),))
    named = labels([slicing, make_cell()], slicing)
    assert named[make_cell().cell_id] == "uncompressed · fp32 · no optimisations"


def test_varying_settings():
    assert varying([make_cell(), make_cell(batch_size=2)]) == {"batch"}
    assert varying([make_cell()]) == frozenset()
    assert settings(make_cell(width_px=96))["resolution"] == f"96{TIMES}64"
