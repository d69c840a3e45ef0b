"""Sizes, durations, shares and resolutions as people write them."""

from __future__ import annotations

import pytest

from profiler.suite.units import parse_bytes, parse_duration, parse_resolution, parse_share


@pytest.mark.parametrize(
    ("text", "value"),
    [("4GiB", 2**32), ("500 MB", 5e8), (1024, 1024), ("1.5gib", 1.5 * 2**30), ("12", 12)],
)
def test_bytes(text: object, value: float) -> None:
    assert parse_bytes(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (90, 90),
        ("90", 90),
        ("10m", 600),
        ("10 min", 600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("250ms", 0.25),
    ],
)
def test_duration(text: object, value: float) -> None:
    assert parse_duration(text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [(0.05, 0.05), ("5 %", 0.05), ("0.5%", 0.005)])
def test_share(text: object, value: float) -> None:
    assert parse_share(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"), [(512, (512, 512)), ("768x512", (768, 512)), ("96 X 64", (96, 64))]
)
def test_resolution(text: object, value: tuple[int, int]) -> None:
    assert parse_resolution(text) == value


@pytest.mark.parametrize("parse", [parse_bytes, parse_duration, parse_share, parse_resolution])
@pytest.mark.parametrize("text", ["", "x", "-4", True, None, [1], "4 parsecs", "1h!", float("nan")])
def test_nonsense_is_refused(parse, text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse(text)
