"""Warm-up detection on made-up runs of known kinds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.stats.warmup import warm_after


def noisy(level: float, count: int, variation: float, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    return [level * rng.gauss(1.0, variation) for _ in range(count)]


def test_level_runs_lose_nothing() -> None:
    assert warm_after([1.0] * 12) == 0


@pytest.mark.parametrize("slow", [1, 2, 3])
def test_slow_first_runs_are_discarded_exactly(slow: int) -> None:
    assert warm_after([3.0, 2.5, 2.0][:slow] + noisy(1.0, 15, 0.002)) == slow


def test_a_decay_is_followed_to_its_end() -> None:
    decay = [1.0 + 0.8 * 0.5**i for i in range(20)]
    start = warm_after(decay)
    assert 4 <= start <= 8
    assert decay[start] < 1.06


def test_faster_first_runs_are_warm_up_as_well() -> None:
    """A board that heats up runs its first images fastest."""
    assert warm_after([0.8, 0.85, *noisy(1.0, 14, 0.002)]) == 2


@pytest.mark.parametrize("variation", [0.005, 0.03, 0.1])
def test_noise_alone_is_seldom_taken_for_warm_up(variation: float) -> None:
    discarded = [warm_after(noisy(1.0, 20, variation, seed)) for seed in range(300)]
    assert sum(count > 0 for count in discarded) / 300 < 0.2
    assert sum(discarded) / 300 < 1.0


def test_a_late_slow_run_is_an_outlier_not_warm_up() -> None:
    values = noisy(1.0, 16, 0.003)
    values[9] = 2.0
    assert warm_after(values) == 0


def test_a_steady_drift_costs_at_most_half() -> None:
    assert warm_after([1.0 + 0.05 * i for i in range(20)]) == 10


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_too_few_runs_tell_nothing(count: int) -> None:
    assert warm_after([5.0, 1.0, 1.0][:count]) == 0


@given(st.lists(st.integers(1, 1000).map(float), max_size=40), st.sampled_from([0.5, 4.0]))
def test_at_most_half_whatever_the_unit(values: list[float], factor: float) -> None:
    start = warm_after(values)
    assert 0 <= start <= len(values) // 2
    assert warm_after([factor * value for value in values]) == start
