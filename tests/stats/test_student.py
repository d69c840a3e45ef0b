"""Student's t against the published table and against its own distribution."""

import math

import pytest

from profiler.stats.student import t_central_probability, t_quantile

# Two-sided quantiles as printed in table 26.10 of Abramowitz & Stegun and any textbook.
TABLE = [
    (0.95, 1, 12.706),
    (0.95, 2, 4.303),
    (0.95, 3, 3.182),
    (0.95, 4, 2.776),
    (0.95, 9, 2.262),
    (0.95, 30, 2.042),
    (0.95, 120, 1.980),
    (0.99, 5, 4.032),
    (0.90, 10, 1.812),
    (0.98, 7, 2.998),
]


@pytest.mark.parametrize(("level", "degrees", "expected"), TABLE)
def test_agrees_with_the_table(level: float, degrees: int, expected: float) -> None:
    assert t_quantile(level, degrees) == pytest.approx(expected, abs=6e-4)


def test_one_degree_is_the_cauchy_distribution() -> None:
    assert t_quantile(0.5, 1) == pytest.approx(1.0)
    assert t_central_probability(1.0, 1) == pytest.approx(0.5)


def test_two_degrees_have_a_closed_form() -> None:
    t = 1.7
    assert t_central_probability(t, 2) == pytest.approx(t / math.sqrt(2 + t * t))


def test_the_expansion_continues_the_series() -> None:
    series, expansion = t_quantile(0.95, 1000), t_quantile(0.95, 1001)
    assert expansion < series
    assert series - expansion == pytest.approx(2.4e-6, rel=0.1)
    assert t_quantile(0.95, 10**9) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize(("level", "degrees"), [(0.0, 3), (1.0, 3), (0.95, 0)])
def test_refuses_what_has_no_quantile(level: float, degrees: int) -> None:
    with pytest.raises(ValueError, match=r"level|degree"):
        t_quantile(level, degrees)
