"""Outliers: the book's example, factors, ties and invariances."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.stats.outliers import flag_outliers, modified_z

positive = st.lists(st.integers(1, 10**6).map(float), min_size=1, max_size=40)


def test_a_run_of_twice_the_time_is_flagged_and_kept() -> None:
    values = [1.00, 1.01, 0.99, 1.02, 2.0, 1.0, 0.98]
    assert flag_outliers(values) == [False, False, False, False, True, False, False]
    assert len(values) == 7


def test_slow_and_fast_by_the_same_factor_score_alike() -> None:
    scores = modified_z([0.5, 0.98, 0.99, 1.0, 1.0 / 0.99, 1.0 / 0.98, 2.0])
    assert scores[0] == pytest.approx(-scores[-1])


def test_the_score_is_the_formula() -> None:
    # Not all positive, so scored as they are: median 2, median deviation 1.
    assert modified_z([0.0, 1.0, 2.0, 3.0, 12.0]) == pytest.approx(
        [0.6745 * (x - 2.0) for x in (0.0, 1.0, 2.0, 3.0, 12.0)]
    )


def test_one_stray_among_equals_is_flagged() -> None:
    assert flag_outliers([1.0] * 9 + [1.5]) == [False] * 9 + [True]


def test_equal_values_and_none() -> None:
    assert flag_outliers([2.0] * 5) == [False] * 5
    assert flag_outliers([]) == []


def test_normal_noise_is_rarely_flagged() -> None:
    rng = random.Random(2)
    flags = [any(flag_outliers([rng.gauss(1, 0.02) for _ in range(20)])) for _ in range(500)]
    assert sum(flags) / 500 < 0.12


@given(positive, st.floats(1e-6, 1e6))
def test_the_unit_does_not_matter(values: list[float], factor: float) -> None:
    scaled = modified_z([factor * value for value in values])
    assert scaled == pytest.approx(modified_z(values), rel=1e-6, abs=1e-6)


@given(positive)
def test_fewer_than_half_are_ever_flagged(values: list[float]) -> None:
    assert 2 * sum(flag_outliers(values)) <= len(values)


@given(positive, st.randoms())
def test_each_value_keeps_its_score_in_any_order(values: list[float], rng: random.Random) -> None:
    pairs = sorted(zip(values, modified_z(values), strict=True))
    shuffled = values[:]
    rng.shuffle(shuffled)
    again = sorted(zip(shuffled, modified_z(shuffled), strict=True))
    assert [score for _, score in again] == pytest.approx([score for _, score in pairs])
