"""An interval decides only where all of it is on one side of the bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.analysis.claims.verdict import Verdict, all_of, any_of, decide, relative_loss
from profiler.records.quantity import measured, unavailable

H, F, U = Verdict.HOLDS, Verdict.FAILS, Verdict.UNCERTAIN


@pytest.mark.parametrize(
    ("low", "high", "relation", "verdict"),
    [
        (0.05, 0.10, "at most", H),
        (0.05, 0.11, "at most", U),
        (0.101, 0.2, "at most", F),
        (0.10, 0.2, "at least", H),
        (0.09, 0.2, "at least", U),
        (0.01, 0.09, "at least", F),
        (0.09, 0.11, "about", H),
        (0.07, 0.11, "about", U),
        (0.121, 0.2, "about", F),
        (0.01, 0.079, "about", F),
    ],
)
def test_the_bad_end_of_the_interval_decides(low, high, relation, verdict):
    assert decide(measured((low + high) / 2, "1", low, high), relation, 0.10) is verdict


def test_without_an_interval_only_exact_figures_decide():
    assert decide(measured(0.01, "1"), "at most", 0.1) is U
    assert decide(measured(0.01, "1"), "at most", 0.1, exact=True) is H
    assert decide(unavailable("1", "no"), "at most", 0.1) is Verdict.UNMEASURED
    with pytest.raises(ValueError, match="no bound"):
        decide(measured(1.0, "1", 0.9, 1.1), "effect", 1.0)


def test_one_suffices_or_all_are_needed():
    assert any_of([F, H]) is H
    assert any_of([F, F]) is F
    assert any_of([F, U]) is U
    assert all_of([H, F]) is F
    assert all_of([H, U]) is U
    assert all_of([H, H]) is H
    assert any_of([]) is all_of([]) is Verdict.UNMEASURED


def test_relative_loss_by_hand():
    loss = relative_loss(measured(0.72, "1", 0.69, 0.75), measured(0.90, "1", 0.86, 0.94))
    assert loss.value == pytest.approx(0.2)
    # Half widths: 0.03 / 0.9, and 0.8 x 0.04 / 0.9.
    half = ((0.03 / 0.9) ** 2 + (0.8 * 0.04 / 0.9) ** 2) ** 0.5
    assert loss.low == pytest.approx(0.2 - half)
    assert loss.high == pytest.approx(0.2 + half)


@given(st.floats(0.01, 1.0), st.floats(0.0, 0.1), st.floats(0.01, 1.0), st.floats(0.0, 0.1))
def test_loss_lies_in_its_interval(value, half, base, base_half):
    loss = relative_loss(
        measured(value, "1", value - half, value + half),
        measured(base, "1", base - base_half, base + base_half),
    )
    assert loss.value == pytest.approx((base - value) / base)
    assert loss.low <= loss.value <= loss.high


def test_loss_that_cannot_be_had_says_why():
    known = measured(0.9, "1")
    assert relative_loss(known, known).low is None
    assert relative_loss(unavailable("1", "no judge"), known).reason == "no judge"
    assert "baseline" in relative_loss(known, unavailable("1", "no judge")).reason
    assert not relative_loss(known, measured(0.0, "1")).available
