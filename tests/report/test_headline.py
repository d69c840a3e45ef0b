from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.records.summary import Limits
from profiler.report.headline import SHOWN_REJECTED, headline, limits_text
from profiler.report.labels import labels
from profiler.report.text import DASH, TIMES
from tests.report.example import BASELINE


@pytest.fixture
def device(material):
    return material.devices[0]


@pytest.fixture
def names(device):
    return labels([s.cell for s in device.summaries], BASELINE)


def test_title_reasons_notes_and_ties(device, names):
    view = headline(device.recommendation, names, device.baseline())
    best = device.recommendation.accepted[0]
    assert view["title"] == names[best.summary.cell_id]
    assert view["reasons"] == list(best.reasons)
    assert view["reasons"]
    assert view["notes"] == [list(device.recommendation.notes)]
    tied = [c for c in device.recommendation.accepted[1:] if c.tied_with_best]
    assert view["ties"] == [[names[c.summary.cell_id] for c in tied]]


def test_cards_carry_ratio_interval_and_reason(device, names):
    view = headline(device.recommendation, names, device.baseline())
    cards = {card["heading"]: card for card in view["cards"]}
    assert cards["Latency"]["notes"][0] == f"0.360{TIMES} baseline"
    assert cards["Latency"]["notes"][1].startswith("95 %: 0.14")
    assert cards["Energy"]["value"] == DASH
    assert cards["Energy"]["notes"] == ["no energy sensor"]
    assert cards["Prompt alignment"]["unit"] == "%"


def test_rejected_with_the_limit_that_each_broke(device, names):
    group = headline(device.recommendation, names, None)["rejected"][0]
    assert group["intro"] == f"{len(device.recommendation.rejected)} configurations rejected"
    told = {row["why"] for row in group["rows"]}
    assert {"; ".join(c.broken_limits) for c in device.recommendation.rejected} == told


def test_long_list_of_rejected_is_cut_and_says_so(device, names):
    many = replace(device.recommendation, rejected=device.recommendation.rejected * 10)
    group = headline(many, names, None)["rejected"][0]
    assert len(group["rows"]) == SHOWN_REJECTED
    assert f"the first {SHOWN_REJECTED} here" in group["intro"]


def test_nothing_accepted(device, names):
    view = headline(replace(device.recommendation, accepted=()), names, None)
    assert view["title"] == "No configuration can be recommended"
    assert view["reasons"]
    assert view["cards"] == []
    assert headline(None, {}, None)["summary"] == "No recommendation was asked for."


def test_limits_in_words():
    assert limits_text(Limits()) == "No limits were set."
    text = limits_text(Limits(0.5, 2.0**30, 0.9, "prompt_alignment", 64))
    assert text == (
        "Limits: at most 0.500 s per batch, at most 1024 MiB, "
        "prompt alignment of at least 90.0 %, resolution 64 px."
    )
