"""The stopping rule: bounds, target, and what it costs in coverage."""

import random

import pytest

from profiler.records.suite import MeasureSpec
from profiler.stats.intervals import median_interval
from profiler.stats.stopping import enough, relative_half_width

MEASURE = MeasureSpec(min_repeats=7, max_repeats=50, target_relative_ci=0.03)


def test_never_before_the_minimum_even_without_noise() -> None:
    assert not enough([1.0] * 6, MEASURE)
    assert enough([1.0] * 7, MEASURE)
    assert not enough([], MEASURE)


def test_always_at_the_maximum() -> None:
    wild = [1.0, 9.0] * 25
    assert not enough(wild[:-1], MEASURE)
    assert enough(wild, MEASURE)


def test_the_target_is_the_half_width() -> None:
    within = [0.975, 1.0, 1.0, 1.0, 1.0, 1.0, 1.025]
    beyond = [0.965, 1.0, 1.0, 1.0, 1.0, 1.0, 1.035]
    assert relative_half_width(within) == pytest.approx(0.025)
    assert enough(within, MEASURE)
    assert not enough(beyond, MEASURE)
    assert enough(beyond, MeasureSpec(target_relative_ci=0.04))


def test_a_minimum_under_six_waits_for_an_interval() -> None:
    eager = MeasureSpec(min_repeats=2, max_repeats=50)
    assert not enough([1.0] * 5, eager)
    assert enough([1.0] * 6, eager)
    assert enough([1.0, 2.0, 3.0], MeasureSpec(min_repeats=1, max_repeats=3))


def test_zero_is_no_division() -> None:
    assert relative_half_width([0.0] * 7) == 0.0
    assert not enough([-1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0], MEASURE)


@pytest.mark.parametrize("variation", [0.01, 0.05])
def test_coverage_after_stopping_early_stays_near_the_level(variation: float) -> None:
    """Looking after each run costs a little coverage; it must stay above 90 %."""
    rng = random.Random(5)
    tries, hits, lengths = 800, 0, []
    for _ in range(tries):
        values: list[float] = []
        while not enough(values, MEASURE):
            values.append(rng.gauss(1.0, variation))
        _, low, high = median_interval(values)
        assert low is not None
        assert high is not None
        hits += low <= 1.0 <= high
        lengths.append(len(values))
    assert hits / tries > 0.9
    assert (sum(lengths) / tries < 9) == (variation == 0.01)
