"""Two-sided quantiles of Student's t distribution, by its exact series.

Formulas 26.7.3, 26.7.4 and 26.7.5 of M. Abramowitz and I. A. Stegun, Handbook of
Mathematical Functions, 1964, for whole degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

# Above this the series is slow and the expansion around the normal quantile is good to 1e-6.
_SERIES_LIMIT = 1000


@lru_cache(maxsize=256)
def t_quantile(level: float, degrees: int) -> float:
    """The t with P(-t <= T <= t) = `level` for `degrees` degrees of freedom (at least 1)."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    if degrees < 1:
        raise ValueError(f"Student's t needs at least one degree of freedom, not {degrees}")
    if degrees <= _SERIES_LIMIT:
        return _invert(lambda t: t_central_probability(t, degrees), level)
    x = _invert(lambda z: math.erf(z / math.sqrt(2.0)), level)
    first = (x**3 + x) / 4.0
    second = (5.0 * x**5 + 16.0 * x**3 + 3.0 * x) / 96.0
    return x + first / degrees + second / degrees**2


def t_central_probability(t: float, degrees: int) -> float:
    """P(-t <= T <= t) for Student's T with `degrees` degrees of freedom."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    # Odd: cos + 2/3 cos^3 + 2*4/(3*5) cos^5 ...; even: 1 + 1/2 cos^2 + 1*3/(2*4) cos^4 ...
    for power in range(odd, degrees - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    return 2.0 / math.pi * (angle + sine * total) if odd else sine * total


def _invert(rising: Callable[[float], float], target: float) -> float:
    """The x >= 0 at which a rising function reaches `target`, by bisection to machine accuracy."""
    low, high = 0.0, 1.0
    while rising(high) < target:
        low, high = high, high * 2.0
    while True:
        middle = (low + high) / 2.0
        if middle in (low, high):
            return high
        low, high = (middle, high) if rising(middle) < target else (low, middle)
