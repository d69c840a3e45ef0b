"""What a quality metric receives: the images of one cell with their prompts and references."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """`images[i]` was made for `prompts[i]`; `references[i]` is the baseline's image of it or None.

    A metric is a function `metric(sample: Sample) -> list[float]`, one finite value per image.
    """

    images: tuple[Image.Image, ...]
    prompts: tuple[str, ...]
    references: tuple[Image.Image | None, ...]
    model: str
    weights: str

    def pairs(self) -> list[tuple[Image.Image, Image.Image]]:
        """The images that have a reference, each with it."""
        both = zip(self.images, self.references, strict=True)
        return [(image, reference) for image, reference in both if reference is not None]


def as_floats(image: Image.Image) -> Floats:
    """RGB values in [0, 1], shape (height, width, 3)."""
    return np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255)
