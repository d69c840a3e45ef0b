from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.analysis.compare import Verdict, compare, overlap, ratio_of, verdict
from profiler.records.quantity import Evidence, Quantity, measured, unavailable
from tests.analysis.build import summary

positive = st.floats(min_value=1e-3, max_value=1e3)


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    low, value, high = sorted(draw(st.tuples(positive, positive, positive)))
    return measured(value, "s", low, high)


@given(quantities(), quantities(), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_of_a_ratio_holds_every_ratio_of_values_within(
    a: Quantity, b: Quantity, p: float, q: float
) -> None:
    ratio = ratio_of(a, b)
    assert ratio.low is not None
    assert ratio.high is not None
    x = a.low + p * (a.high - a.low)
    y = b.low + q * (b.high - b.low)
    assert ratio.low * (1 - 1e-9) <= x / y <= ratio.high * (1 + 1e-9)


def test_a_ratio_needs_both_sides() -> None:
    missing = unavailable("J", "no energy sensor")
    assert ratio_of(missing, measured(1.0, "J")).reason == "no energy sensor"
    assert "no energy sensor" in ratio_of(measured(1.0, "J"), missing).reason
    assert not ratio_of(measured(1.0, "J"), measured(0.0, "J")).available


def test_a_ratio_has_no_interval_where_one_side_has_none() -> None:
    ratio = ratio_of(measured(2.0, "s", 1.9, 2.1), measured(1.0, "s"))
    assert (ratio.value, ratio.low, ratio.high) == (2.0, None, None)


def test_a_ratio_is_no_better_evidence_than_its_weaker_side() -> None:
    published = Quantity(1.0, "s", evidence=Evidence.PUBLISHED)
    assert ratio_of(measured(2.0, "s"), published).evidence is Evidence.PUBLISHED


@pytest.mark.parametrize(
    ("ratio", "better", "expected"),
    [
        (measured(0.5, "1", 0.4, 0.6), "lower", Verdict.BETTER),
        (measured(0.5, "1", 0.4, 0.6), "higher", Verdict.WORSE),
        (measured(0.9, "1", 0.8, 1.01), "lower", Verdict.SAME),
        (measured(1.005, "1", 1.004, 1.006), "lower", Verdict.SAME),
        (measured(1.5, "1"), "lower", Verdict.WORSE),
        (unavailable("1", "no sensor"), "lower", Verdict.UNKNOWN),
    ],
)
def test_verdicts(ratio: Quantity, better: str, expected: Verdict) -> None:
    assert verdict(ratio, better) is expected


def test_two_summaries_figure_by_figure() -> None:
    compared = compare(summary("quick", 0.5), summary(latency_s=1.0))
    assert compared["latency_s_per_batch"].verdict is Verdict.BETTER
    assert compared["throughput_images_per_s"].verdict is Verdict.BETTER
    assert compared["peak_memory_bytes"].verdict is Verdict.SAME
    assert compared["energy_j_per_image"].ratio.reason == "no energy sensor"
    assert "vae_decode_s" not in compared


def test_intervals_overlap_or_do_not() -> None:
    assert overlap(measured(1.0, "s", 0.9, 1.1), measured(1.2, "s", 1.1, 1.3))
    assert not overlap(measured(1.0, "s", 0.9, 1.09), measured(1.2, "s", 1.1, 1.3))
    assert not overlap(measured(1.0, "s"), unavailable("s", "no"))
