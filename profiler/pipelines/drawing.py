"""Draws a scene as an RGB image: training data of tiny-sd and templates of its judge."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from profiler.catalogue.scenes import BACKGROUNDS, COLOURS, Rgb, Scene

SUPERSAMPLING = 4
# Fractions of the image side, so that any resolution shows the same picture.
RADIUS = {"small": 0.15, "large": 0.265}
OFFSET = 0.19
DIRECTION = {
    "left": (-1, 0),
    "right": (1, 0),
    "top": (0, -1),
    "bottom": (0, 1),
    "center": (0, 0),
}


@dataclass(frozen=True)
class Geometry:
    """Where a shape lies: centre and radius as fractions of the image side."""

    x: float
    y: float
    radius: float


def nominal_geometry(size: str, position: str) -> Geometry:
    """The textbook place of a shape, without jitter."""
    dx, dy = DIRECTION[position]
    return Geometry(0.5 + OFFSET * dx, 0.5 + OFFSET * dy, RADIUS[size])


def jittered_geometry(size: str, position: str, rng: random.Random) -> Geometry:
    """The nominal place moved by up to 2 % of the side and scaled by up to 6 %."""
    place = nominal_geometry(size, position)
    return Geometry(
        place.x + rng.uniform(-0.02, 0.02),
        place.y + rng.uniform(-0.02, 0.02),
        place.radius * rng.uniform(0.94, 1.06),
    )


def draw_mask(shape: str, place: Geometry, side_px: int) -> Image.Image:
    """An antialiased 8-bit mask (side_px x side_px) of one shape."""
    big = side_px * SUPERSAMPLING
    mask = Image.new("L", (big, big), 0)
    pen = ImageDraw.Draw(mask)
    x, y, r = place.x * big, place.y * big, place.radius * big
    if shape == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    elif shape == "ring":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
        hole = 0.52 * r
        pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill=0)
    elif shape == "square":
        half = 0.88 * r
        pen.rectangle((x - half, y - half, x + half, y + half), fill=255)
    elif shape == "triangle":
        pen.polygon([(x, y - r), (x - r, y + 0.8 * r), (x + r, y + 0.8 * r)], fill=255)
    elif shape == "cross":
        arm = 0.34 * r
        pen.rectangle((x - r, y - arm, x + r, y + arm), fill=255)
        pen.rectangle((x - arm, y - r, x + arm, y + r), fill=255)
    else:
        raise ValueError(f"no such shape: {shape!r}")
    return mask.resize((side_px, side_px), Image.Resampling.BOX)


def draw_scene(scene: Scene, side_px: int = 64, rng: random.Random | None = None) -> Image.Image:
    """The scene as an RGB image; with `rng` the place, size and colours vary a little."""
    place = nominal_geometry(scene.size, scene.position)
    paint, ground = COLOURS[scene.colour], BACKGROUNDS[scene.background]
    if rng is not None:
        place = jittered_geometry(scene.size, scene.position, rng)
        paint, ground = _vary(paint, rng), _vary(ground, rng)
    image = Image.new("RGB", (side_px, side_px), ground)
    image.paste(paint, mask=draw_mask(scene.shape, place, side_px))
    return image


def _vary(colour: Rgb, rng: random.Random) -> Rgb:
    red, green, blue = (min(255, max(0, channel + rng.randint(-8, 8))) for channel in colour)
    return red, green, blue
