"""Reads background, shape, colour, size and position back from an image of tiny-sd's world.

Deterministic and without learned weights: colours by nearest vocabulary colour, the form by the
best overlap (soft intersection over union) with drawn templates over a small grid of places.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from profiler.catalogue.scenes import BACKGROUNDS, COLOURS, POSITIONS, SHAPES, SIZES, Rgb, Scene
from profiler.pipelines.drawing import Geometry, draw_mask, nominal_geometry

SIDE_PX = 64
_SHIFTS = (-0.025, 0.0, 0.025)
_SCALES = (0.93, 1.0, 1.07)

Floats = npt.NDArray[np.float32]


def read_scene(image: Image.Image) -> Scene:
    """What the image shows, in words; always an answer, also for an image that shows nothing."""
    pixels = _pixels(image)
    ground = _ground_colour(pixels)
    background = _nearest(ground, BACKGROUNDS)
    colour, mask = _foreground(pixels, ground)
    shape, size, position = _best_form(mask)
    return Scene(background, shape, colour, size, position)


def agreement(wanted: Scene, seen: Scene) -> dict[str, bool]:
    """Per attribute: is what was asked for what is seen?"""
    shown = seen.attributes()
    return {name: shown[name] == value for name, value in wanted.attributes().items()}


def _pixels(image: Image.Image) -> Floats:
    rgb = image.convert("RGB")
    if rgb.size != (SIDE_PX, SIDE_PX):
        rgb = rgb.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    return np.asarray(rgb, dtype=np.float32)


def _ground_colour(pixels: Floats) -> Floats:
    border = np.concatenate(
        [
            pixels[:2].reshape(-1, 3),
            pixels[-2:].reshape(-1, 3),
            pixels[:, :2].reshape(-1, 3),
            pixels[:, -2:].reshape(-1, 3),
        ]
    )
    median: Floats = np.median(border, axis=0)
    return median


def _nearest(colour: Floats, names: dict[str, Rgb]) -> str:
    distance = {name: float(np.abs(colour - np.array(rgb)).sum()) for name, rgb in names.items()}
    return min(distance, key=distance.__getitem__)


def _foreground(pixels: Floats, ground: Floats) -> tuple[str, Floats]:
    """Name of the shape's colour and its soft mask in [0, 1].

    Each pixel is a mixture `ground + share * (paint - ground)`; the paint is voted for by the
    pixels that stand out most from the ground, the share is found by projection.
    """
    contrast = np.abs(pixels - ground).sum(axis=2)
    strong = contrast >= max(0.75 * float(np.quantile(contrast, 0.985)), 1.0)
    if not strong.any():  # one colour everywhere: there is no shape to be named
        strong[:] = True
    paint: Floats = np.median(pixels[strong], axis=0)
    colour = _nearest(paint, COLOURS)
    direction = paint - ground
    length = float(direction @ direction)
    share = (pixels - ground) @ direction / max(length, 1.0)
    return colour, np.clip(share, 0.0, 1.0).astype(np.float32)


@lru_cache(maxsize=1)
def _templates() -> tuple[list[tuple[str, str, str]], Floats]:
    """Names (shape, size, position) and flattened masks (n, SIDE_PX * SIDE_PX) in [0, 1]."""
    names: list[tuple[str, str, str]] = []
    masks: list[Floats] = []
    for shape in SHAPES:
        for size in SIZES:
            for position in POSITIONS:
                centre = nominal_geometry(size, position)
                for dx in _SHIFTS:
                    for dy in _SHIFTS:
                        for scale in _SCALES:
                            place = Geometry(centre.x + dx, centre.y + dy, centre.radius * scale)
                            mask = draw_mask(shape, place, SIDE_PX)
                            names.append((shape, size, position))
                            masks.append(
                                np.asarray(mask, dtype=np.float32).ravel() / np.float32(255)
                            )
    return names, np.stack(masks)


def _best_form(mask: Floats) -> tuple[str, str, str]:
    names, templates = _templates()
    seen = mask.ravel()
    both = templates @ seen
    either = templates.sum(axis=1) + seen.sum() - both
    return names[int(np.argmax(both / np.maximum(either, 1e-6)))]
