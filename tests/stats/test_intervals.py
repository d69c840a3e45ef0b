"""Intervals: exact coverage, simulated coverage, and invariances."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.stats.intervals import (
    mean_interval,
    median,
    median_coverage,
    median_interval,
    median_rank,
)

samples = st.lists(st.integers(-(10**6), 10**6).map(float), min_size=1, max_size=60)


def test_seven_values_give_their_extremes_at_98_percent() -> None:
    assert median_rank(7) == 1
    assert median_coverage(7, 1) == pytest.approx(0.984375)
    assert median_interval([5.0, 1.0, 7.0, 3.0, 2.0, 6.0, 4.0]) == (4.0, 1.0, 7.0)


def test_five_values_have_no_interval_and_six_have() -> None:
    assert median_coverage(5, 1) == pytest.approx(0.9375)
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) == (3.0, None, None)
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == (3.5, 1.0, 6.0)


# Published ranks for the 95 % interval of the median.
@pytest.mark.parametrize(("count", "rank"), [(8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (50, 18)])
def test_ranks_of_the_published_table(count: int, rank: int) -> None:
    assert median_rank(count) == rank


@given(st.integers(6, 400), st.sampled_from([0.8, 0.9, 0.95]))
def test_the_rank_is_the_narrowest_that_covers(count: int, level: float) -> None:
    rank = median_rank(count, level)
    assert rank is not None
    assert median_coverage(count, rank) >= level
    if rank < count // 2:
        assert median_coverage(count, rank + 1) < level


@pytest.mark.parametrize("count", [7, 10, 25])
def test_simulated_coverage_of_the_median_is_the_exact_one(count: int) -> None:
    rng = random.Random(count)
    true_median = 1.0  # of a log-normal with mu = 0: skewed, as timings are
    tries, hits = 4000, 0
    for _ in range(tries):
        _, low, high = median_interval([rng.lognormvariate(0.0, 0.5) for _ in range(count)])
        assert low is not None
        assert high is not None
        hits += low <= true_median <= high
    rank = median_rank(count)
    assert rank is not None
    assert hits / tries == pytest.approx(median_coverage(count, rank), abs=0.015)


def test_simulated_coverage_of_the_mean() -> None:
    rng = random.Random(1)
    tries, hits = 4000, 0
    for _ in range(tries):
        _, low, high = mean_interval([rng.gauss(3.0, 1.0) for _ in range(5)])
        assert low is not None
        assert high is not None
        hits += low <= 3.0 <= high
    assert hits / tries == pytest.approx(0.95, abs=0.012)


def test_mean_interval_by_hand() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert low == pytest.approx(2.0 - 4.302653 / 3**0.5)
    assert high == pytest.approx(2.0 + 4.302653 / 3**0.5)
    assert mean_interval([4.0]) == (4.0, None, None)


@given(samples, st.randoms())
def test_the_order_of_the_values_does_not_matter(values: list[float], rng: random.Random) -> None:
    shuffled = values[:]
    rng.shuffle(shuffled)
    assert median_interval(shuffled) == median_interval(values)


@given(samples, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-1000, 1000))
def test_median_follows_scale_and_shift(values: list[float], scale: float, shift: int) -> None:
    moved = median_interval([scale * value + shift for value in values])
    expected = [None if x is None else scale * x + shift for x in median_interval(values)]
    assert list(moved) == expected


@given(samples)
def test_the_interval_encloses_the_median_and_stays_inside_the_sample(values: list[float]) -> None:
    centre, low, high = median_interval(values)
    assert centre == median(values)
    if low is not None and high is not None:
        assert min(values) <= low <= centre <= high <= max(values)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        median([])
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])
