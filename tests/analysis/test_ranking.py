from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from profiler.analysis.ranking import ranked
from profiler.records.quantity import Quantity, measured, unavailable

Item = tuple[str, Quantity, Quantity]
CRITERIA = [(lambda item: item[1], "lower"), (lambda item: item[2], "higher")]


def rank(items: list[Item]) -> tuple[list[str], int]:
    order, tied = ranked(items, CRITERIA, lambda item: item[0])
    return [item[0] for item in order], tied


def test_clear_differences_rank_by_value() -> None:
    items = [("slow", measured(2.0, "s"), measured(1.0, "1"))]
    items.append(("quick", measured(1.0, "s"), measured(0.1, "1")))
    assert rank(items) == (["quick", "slow"], 1)


def test_among_tied_ones_the_next_criterion_decides() -> None:
    a = ("quickest", measured(1.0, "s", 0.9, 1.1), measured(0.8, "1"))
    b = ("best looking", measured(1.05, "s", 0.95, 1.15), measured(0.9, "1"))
    c = ("slow", measured(1.5, "s", 1.4, 1.6), measured(1.0, "1"))
    assert rank([a, c, b]) == (["best looking", "quickest", "slow"], 2)


def test_a_difference_below_one_per_cent_is_a_tie_without_intervals_too() -> None:
    a = ("a", measured(1.000, "s"), measured(0.8, "1"))
    b = ("b", measured(1.005, "s"), measured(0.9, "1"))
    assert rank([a, b]) == (["b", "a"], 2)


def test_what_is_not_known_comes_last_among_the_tied() -> None:
    a = ("unknown", measured(1.0, "s"), unavailable("1", "not scored"))
    b = ("known", measured(1.0, "s"), measured(0.1, "1"))
    assert rank([a, b])[0] == ["known", "unknown"]


values = st.integers(1, 5).map(float)


@given(st.lists(st.tuples(values, values, values), max_size=12), st.randoms())
def test_the_order_of_the_input_never_shows(rows: list[tuple[float, ...]], rng: object) -> None:
    items: list[Item] = [
        (str(i), measured(a, "s", a - spread / 4, a + spread / 4), measured(b, "1"))
        for i, (a, b, spread) in enumerate(rows)
    ]
    shuffled = list(items)
    rng.shuffle(shuffled)
    assert rank(shuffled) == rank(items)


def test_a_wide_interval_does_not_get_ahead_of_a_better_value() -> None:
    best = ("best", measured(1.0, "s", 0.9, 1.1), measured(0.5, "1"))
    clear = ("clear", measured(1.2, "s", 1.19, 1.21), measured(0.6, "1"))
    noisy = ("noisy", measured(1.3, "s", 1.05, 1.6), measured(0.9, "1"))
    assert rank([noisy, clear, best]) == (["best", "clear", "noisy"], 1)
