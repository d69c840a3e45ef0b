from __future__ import annotations

import json
import math

from profiler.analysis.json_view import as_json
from profiler.analysis.recommend import recommend
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import measured, unavailable
from profiler.store.plain import quantity_json
from tests.analysis.build import DEVICE, failed, summary

SHAPE = ["value", "unit", "low", "high", "evidence", "source", "reason"]


def test_every_quantity_has_the_one_shape() -> None:
    cells = [summary(), summary("int8", 0.5), failed("x", Outcome.CRASH, Failure("load", "11"))]
    view = as_json(recommend(cells, DEVICE))
    for candidate in (*view["accepted"], *view["rejected"], view["baseline"]):
        groups = (candidate["figures"], candidate["quality"], candidate.get("against_baseline", {}))
        for quantity in (q for group in groups for q in group.values()):
            assert list(quantity) == SHAPE
            assert (quantity["value"] is None) == (quantity["evidence"] == "unavailable")
    assert view["accepted"][0]["figures"]["energy_j_per_image"]["reason"] == "no energy sensor"


def test_it_is_strict_json_that_says_which_cell_and_why() -> None:
    perfect = {"psnr": measured(math.inf, "dB")}
    cells = [summary(), summary("int8", 0.5, alignment=None, quality=perfect)]
    text = json.dumps(as_json(recommend(cells, DEVICE)), allow_nan=False)
    view = json.loads(text)
    assert view["limits"]["quality_metric"] == "prompt_alignment"
    assert view["rejected"][0]["broken_limits"] == ["unavailable: prompt alignment: not measured"]
    assert (
        view["rejected"][0]["quality"]["psnr"]["reason"] == "the value is inf, not a finite number"
    )
    assert view["accepted"][0]["cell_id"] == cells[0].cell_id


def test_a_missing_figure_is_null_with_its_reason() -> None:
    shape = quantity_json(unavailable("J", "no energy sensor"))
    assert shape["value"] is None
    assert shape["reason"] == "no energy sensor"
    assert quantity_json(measured(1.0, "s", 0.9, math.inf))["high"] is None
