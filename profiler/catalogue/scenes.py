"""The little world that tiny-sd paints: a shape on a background, described in words."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product

Rgb = tuple[int, int, int]

SHAPES = ("circle", "square", "triangle", "cross", "ring")
COLOURS: dict[str, Rgb] = {
    "red": (220, 30, 40),
    "green": (30, 160, 60),
    "blue": (40, 70, 220),
    "yellow": (250, 215, 40),
    "purple": (140, 40, 170),
    "orange": (250, 130, 20),
}
BACKGROUNDS: dict[str, Rgb] = {
    "white": (250, 250, 250),
    "gray": (140, 140, 145),
    "black": (15, 15, 20),
    "pink": (255, 190, 205),
}
SIZES = ("small", "large")
POSITIONS = ("left", "right", "top", "bottom", "center")

# A scene is told in several ways, so that the text encoder learns words and not one sentence.
TEMPLATES = (
    "a {size} {colour} {shape} at the {position} on a {background} background",
    "{size} {colour} {shape}, {position}, {background} background",
    "a {background} background with a {size} {colour} {shape} at the {position}",
    "at the {position} a {size} {shape} in {colour} on {background}",
)


@dataclass(frozen=True)
class Scene:
    """One picture in words: every field is one of this module's vocabularies."""

    background: str
    shape: str
    colour: str
    size: str
    position: str

    def caption(self, template: str = TEMPLATES[0]) -> str:
        """The scene as an English sentence."""
        return template.format(**self.attributes())

    def attributes(self) -> dict[str, str]:
        """Attribute name to value, in the order of the fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


VOCABULARY: dict[str, tuple[str, ...]] = {
    "background": tuple(BACKGROUNDS),
    "shape": SHAPES,
    "colour": tuple(COLOURS),
    "size": SIZES,
    "position": POSITIONS,
}


def all_scenes() -> Iterator[Scene]:
    """Every scene that the words can tell (1200 of them), in a fixed order."""
    for values in product(*VOCABULARY.values()):
        yield Scene(*values)


def sample_scenes(count: int, seed: int) -> list[Scene]:
    """`count` scenes drawn without order, each attribute uniform and independent."""
    rng = random.Random(seed)
    return [Scene(*(rng.choice(words) for words in VOCABULARY.values())) for _ in range(count)]


def parse_caption(text: str) -> Scene | None:
    """Read a caption back into its scene; None where an attribute is missing or told twice."""
    words = re.findall(r"[a-z]+", text.lower())
    found: dict[str, str] = {}
    for attribute, vocabulary in VOCABULARY.items():
        hits = {word for word in words if word in vocabulary}
        if len(hits) != 1:
            return None
        found[attribute] = hits.pop()
    return Scene(**found)
