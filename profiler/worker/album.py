"""The images of a cell: checked when they come, kept as bytes, saved as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from profiler.errors import InvalidOutput
from profiler.quality.validity import ONE_GREY_LEVEL, invalid_flag

_IN_WORDS = {"nan": "not a number (NaN)", "black": "black", "constant": "of one colour"}


class Album:
    """The first image of each prompt, 8 bit a channel; later ones are the same image again."""

    def __init__(self) -> None:
        self._images: dict[int, npt.NDArray[np.uint8]] = {}

    def add(self, prompts: Sequence[int], images: Sequence[npt.NDArray[np.float32]]) -> None:
        """Keep a batch of (height, width, 3) in [0, 1], painted for these prompt indices.

        Raises:
            InvalidOutput: for an image that cannot be right; it is kept, so that it can be shown.
        """
        for index, image in zip(prompts, images, strict=True):
            if index in self._images:
                continue
            self._images[index] = _to_bytes(image)
            if flag := invalid_flag(image):
                words = _IN_WORDS.get(flag, flag)
                raise InvalidOutput(flag, f"the image of prompt {index} is {words}")

    def save(self, folder: Path) -> dict[int, Path]:
        """Write the images as PNG; paths by prompt index."""
        paths = {}
        for index, image in sorted(self._images.items()):
            paths[index] = folder / f"{index:04d}.png"
            Image.fromarray(image).save(paths[index])
        return paths

    def pictures(self) -> dict[int, Image.Image]:
        """The images by prompt index."""
        return {index: Image.fromarray(image) for index, image in self._images.items()}


def alike(
    images: Sequence[npt.NDArray[np.float32]], copies: Sequence[npt.NDArray[np.float32]]
) -> bool:
    """Are these the same images, to less than one step of 8-bit colour?"""
    pairs = zip(images, copies, strict=True)
    return all(a.shape == b.shape and np.abs(a - b).max() < ONE_GREY_LEVEL for a, b in pairs)


def load_pictures(paths: Sequence[str]) -> dict[int, Image.Image]:
    """Open PNGs, the i-th for prompt i; an empty path stands for an image that is not there."""
    pictures = {}
    for index, path in enumerate(paths):
        if path:
            with Image.open(path) as image:
                pictures[index] = image.convert("RGB")
    return pictures


def _to_bytes(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    finite = np.nan_to_num(image, nan=0.0, posinf=1.0, neginf=0.0)
    rounded: npt.NDArray[np.uint8] = (finite.clip(0.0, 1.0) * 255).round().astype(np.uint8)
    return rounded
