from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.analysis.format import amount, evidence_words, number, percent, short, show, words
from profiler.records.quantity import Evidence, Quantity, measured, unavailable


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.234, "s", "1.23 s"),
        (0.0123, "s", "12.3 ms"),
        (0.9999, "s", "1.00 s"),
        (0.0000042, "s", "4.20 µs"),
        (300.0, "s", "5.00 min"),
        (7300.0, "s", "2.03 h"),
        (2.0**30, "B", "1.00 GiB"),
        (700 * 2.0**20, "B", "700 MiB"),
        (10.0, "B", "10.0 B"),
        (1500.0, "J", "1.50 kJ"),
        (30.5, "W", "30.5 W"),
        (31.27, "dB", "31.3 dB"),
        (2.5, "1/s", "2.50 per second"),
        (31.2, "1", "31.2"),
        (0.0, "s", "0 s"),
    ],
)
def test_an_amount_is_shown_in_the_unit_that_fits(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_shares_are_per_cent_but_other_dimensionless_figures_are_not() -> None:
    assert amount(0.945, "1", name="prompt_alignment") == "94.5 %"
    assert amount(31.2, "1", name="clip_score") == "31.2"


def test_the_interval_is_in_the_units_of_the_value() -> None:
    assert show(measured(1.02, "s", 0.98, 1.05)) == "1.02 s (0.980 to 1.05)"
    assert show(measured(0.002, "s", 0.0009, 0.003)) == "2.00 ms (0.900 to 3.00)"


def test_missing_figures_say_why_and_are_never_zero() -> None:
    missing = unavailable("J", "no energy sensor")
    assert show(missing) == "unavailable: no energy sensor"
    assert short(missing) == "n/a"
    assert evidence_words(missing) == "unavailable: no energy sensor"


def test_evidence_other_than_measured_is_always_told() -> None:
    told = Quantity(1.0, "s", evidence=Evidence.PUBLISHED, source="Lambda")
    assert show(told) == "1.00 s, published by Lambda"
    assert "measured" not in show(measured(1.0, "s"))
    assert show(measured(1.0, "s"), evidence=True) == "1.00 s, measured"


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.384, "38 %"), (-0.05, "5.0 %"), (0.0996, "10 %")]
)
def test_per_cents(fraction: float, text: str) -> None:
    assert percent(fraction) == text


def test_infinite_values_are_words() -> None:
    assert amount(math.inf, "dB") == "infinite dB"


@given(st.floats(min_value=1e-4, max_value=1e9))
def test_three_digits_keep_the_value_within_half_a_per_cent(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=0.005)


def test_names_are_words() -> None:
    assert words("peak_memory_bytes") == "peak memory"
    assert words("my_own_metric") == "my own metric"
