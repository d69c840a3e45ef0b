"""Images that cannot be right are named; dark but real ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from profiler.quality.validity import invalid_flag


def picture() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (16, 16, 3)).astype(np.float32)


def test_a_picture_is_fine() -> None:
    assert invalid_flag(picture()) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_value_is_enough(bad: float) -> None:
    image = picture()
    image[3, 4, 1] = bad
    assert invalid_flag(image) == "nan"


def test_black_and_constant() -> None:
    assert invalid_flag(np.zeros((16, 16, 3), np.float32)) == "black"
    assert invalid_flag(np.full((16, 16, 3), 0.5, np.float32)) == "constant"
    tinted = np.ones((16, 16, 3), np.float32) * np.array([0.9, 0.2, 0.4], np.float32)
    assert invalid_flag(tinted) == "constant"


def test_a_dark_picture_is_not_black_and_a_faint_one_not_constant() -> None:
    assert invalid_flag(picture() * 0.1) is None
    assert invalid_flag(0.5 + picture() * 0.05) is None


def test_half_precision_is_read_as_well() -> None:
    assert invalid_flag(np.zeros((4, 4, 3), np.float16)) == "black"
