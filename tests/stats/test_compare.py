"""Ties and ratios."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.records.quantity import Evidence, Quantity, measured, unavailable
from profiler.stats.compare import overlap, ratio, ratio_of_medians


def figure(value: float, low: float | None = None, high: float | None = None) -> Quantity:
    return measured(value, "s", low, high)


@pytest.mark.parametrize(
    ("a", "b", "tied"),
    [
        (figure(1.0, 0.9, 1.1), figure(1.15, 1.05, 1.25), True),
        (figure(1.0, 0.9, 1.1), figure(1.2, 1.11, 1.3), False),
        (figure(1.0, 0.9, 1.1), figure(1.1), True),
        (figure(1.0), figure(1.0), True),
        (figure(1.0), figure(1.0001), False),
        (figure(1.0, 0.9, 1.1), unavailable("s", "no sensor"), False),
        (unavailable("s", "x"), unavailable("s", "x"), False),
    ],
)
def test_overlap(a: Quantity, b: Quantity, tied: bool) -> None:
    assert overlap(a, b) is tied
    assert overlap(b, a) is tied


def test_different_units_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="compared"):
        overlap(figure(1.0), measured(1.0, "B"))
    with pytest.raises(ValueError, match="compared"):
        ratio(figure(1.0), measured(1.0, "B"))


def test_ratio_has_the_weaker_evidence() -> None:
    guess = Quantity(2.0, "s", 1.0, 3.0, Evidence.PREDICTED)
    result = ratio(figure(1.0, 0.9, 1.1), guess)
    assert result.value == 0.5
    assert result.evidence is Evidence.PREDICTED
    assert result.low is not None
    assert result.high is not None
    # Narrower than dividing the extremes, wider than either interval alone.
    assert 0.9 / 3.0 < result.low < 0.5 < result.high < 1.1 / 1.0


def test_ratio_without_an_interval_or_a_figure() -> None:
    assert (ratio(figure(3.0), figure(2.0, 1.0, 3.0)).low) is None
    missing = ratio(figure(3.0), unavailable("s", "no sensor"))
    assert missing.reason == "no sensor"
    assert "not positive" in ratio(figure(3.0), figure(0.0)).reason


values = st.floats(0.1, 100.0)


@given(values, values, st.floats(0.5, 0.99), st.floats(1.01, 2.0))
def test_the_inverse_ratio_has_the_inverse_interval(
    a: float, b: float, down: float, up: float
) -> None:
    first, second = figure(a, a * down, a * up), figure(b, b * down, b * up)
    there, back = ratio(first, second), ratio(second, first)
    assert there.low is not None
    assert back.high is not None
    assert there.low == pytest.approx(1.0 / back.high)


def test_simulated_coverage_of_a_ratio_of_medians() -> None:
    rng = random.Random(9)
    tries, hits = 1500, 0
    for _ in range(tries):
        a = [2.0 * rng.lognormvariate(0.0, 0.1) for _ in range(12)]
        b = [rng.lognormvariate(0.0, 0.1) for _ in range(9)]
        _, low, high = ratio_of_medians(a, b)
        assert low is not None
        assert high is not None
        hits += low <= 2.0 <= high
    assert 0.93 < hits / tries < 0.99


def test_ratio_of_medians_needs_positive_values() -> None:
    assert ratio_of_medians([2.0, 4.0], [1.0])[0] == 3.0
    with pytest.raises(ValueError, match="positive"):
        ratio_of_medians([0.0], [1.0])
