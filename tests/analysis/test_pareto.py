from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.analysis import pareto
from profiler.analysis.pareto import dominates, pareto_front
from profiler.records.quantity import Quantity, measured, unavailable

BETTER = ("lower", "higher", "lower")
# Few distinct values, so that ties and touching intervals are frequent.
coarse = st.integers(min_value=0, max_value=6).map(float)


@st.composite
def figures(draw: st.DrawFn) -> Quantity:
    if draw(st.integers(0, 9)) == 0:
        return unavailable("1", "not measured")
    low, value, high = sorted(draw(st.tuples(coarse, coarse, coarse)))
    return measured(value, "1", *((low, high) if draw(st.booleans()) else (None, None)))


points = st.lists(st.tuples(figures(), figures(), figures()), max_size=25)


def naive(given_points: list[tuple[Quantity, ...]]) -> list[int]:
    return [
        i
        for i, point in enumerate(given_points)
        if not any(dominates(other, point, BETTER) for other in given_points)
    ]


@given(points)
def test_the_front_is_what_nothing_dominates(given_points: list[tuple[Quantity, ...]]) -> None:
    assert pareto_front(given_points, BETTER) == naive(given_points)


@given(points.filter(bool))
def test_the_front_is_never_empty(given_points: list[tuple[Quantity, ...]]) -> None:
    assert pareto_front(given_points, BETTER)


@given(st.tuples(figures(), figures(), figures()), points)
def test_dominance_is_never_mutual(
    first: tuple[Quantity, ...], others: list[tuple[Quantity, ...]]
) -> None:
    assert not dominates(first, first, BETTER)
    for point in others:
        assert not (dominates(first, point, BETTER) and dominates(point, first, BETTER))


def test_overlapping_intervals_do_not_dominate() -> None:
    quick = (measured(1.0, "s", 0.9, 1.1), measured(0.9, "1"), measured(5.0, "B"))
    close = (measured(1.1, "s", 1.0, 1.2), measured(0.9, "1"), measured(5.0, "B"))
    slow = (measured(2.0, "s", 1.9, 2.1), measured(0.9, "1"), measured(5.0, "B"))
    assert pareto_front([quick, close, slow], BETTER) == [0, 1]


def test_what_is_unknown_is_not_called_worse() -> None:
    known = (measured(1.0, "s"), measured(0.9, "1"), measured(5.0, "B"))
    unknown = (measured(9.0, "s"), unavailable("1", "not scored"), measured(9.0, "B"))
    assert pareto_front([known, unknown], BETTER) == [0, 1]


@settings(max_examples=25)
@given(points, st.integers(min_value=2, max_value=5))
def test_blocks_do_not_change_the_front(
    given_points: list[tuple[Quantity, ...]], block: int
) -> None:
    whole = pareto._BLOCK
    pareto._BLOCK = block
    try:
        assert pareto_front(given_points, BETTER) == naive(given_points)
    finally:
        pareto._BLOCK = whole


def test_many_points_on_the_front_are_all_kept() -> None:
    rng = random.Random(3)
    line = [(measured(x, "1"), measured(x, "1"), measured(1.0, "1")) for x in range(600)]
    rng.shuffle(line)
    assert len(pareto_front(line, BETTER)) == 600
