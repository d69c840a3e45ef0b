"""Finds images that cannot be right: NaN, all black, all one colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Below one step of 8-bit colour, an image shows nothing to any viewer.
ONE_GREY_LEVEL = 1 / 255


def invalid_flag(image: npt.NDArray[np.floating]) -> str | None:
    """What is wrong with an image (height, width, 3) in [0, 1]: "nan", "black", "constant" or None.

    NaN comes from overflow (FP16 on cards that compute it wrong), and becomes black in most
    pipelines when it is converted to 8 bit; hence the check happens before that conversion.
    """
    values = np.asarray(image, dtype=np.float32)
    if not np.isfinite(values).all():
        return "nan"
    if float(values.max()) < 2 * ONE_GREY_LEVEL:
        return "black"
    if float(np.ptp(values, axis=(0, 1)).max()) < ONE_GREY_LEVEL:
        return "constant"
    return None
