"""Sets of prompts by name; a cell carries the texts themselves, so a set must never change.

Texts are part of a cell's content hash: to add or mend a prompt, make a set with a new name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from profiler.catalogue.scenes import SHAPES, TEMPLATES, sample_scenes
from profiler.errors import UnknownName

SCENES_COUNT, SCENES_SEED = 24, 2026
# For quality with an interval of a few per cent.
MANY = 64

_GENERAL = (
    "a red bicycle leaning against a white brick wall in the morning sun",
    "a bowl of oranges on a wooden kitchen table, soft window light",
    "an old fisherman mending his net in a small harbour",
    "a grey cat asleep on a pile of folded laundry",
    "a narrow street with wet cobblestones and a yellow umbrella",
    "a steam train crossing a stone bridge in autumn",
    "a glass of iced tea with lemon and mint, close view",
    "a lighthouse on a cliff under heavy clouds",
    "two children building a sand castle on an empty beach",
    "a watercolour painting of a farmhouse beside a pond",
    "a portrait of a baker with flour on her hands",
    "a snow-covered pine forest seen from above",
    "a blue ceramic teapot on a linen cloth, studio photograph",
    "a crowded night market with paper lanterns",
    "a brown dog running through shallow water",
    "a small observatory on a hill below the milky way",
    "a desk with a typewriter, an open notebook and dried flowers",
    "a green tram passing a row of tall houses in the rain",
    "a hot air balloon above fields of lavender",
    "a pencil drawing of an owl on a bare branch",
)


# The two subdomains that the specialists of tiny-sd know: shapes with corners and without.
ANGULAR, ROUND = ("square", "triangle", "cross"), ("circle", "ring")


@lru_cache(maxsize=4)
def _scenes(count: int, shapes: tuple[str, ...] = SHAPES) -> tuple[str, ...]:
    """Captions of drawn scenes with these shapes, told in the first template; no scene twice."""
    # Enough draws that each subset of the shapes gets its number; one draw does not alter others.
    drawn = sample_scenes(8 * count, SCENES_SEED)
    captions = dict.fromkeys(s.caption(TEMPLATES[0]) for s in drawn if s.shape in shapes)
    return tuple(captions)[:count]


PROMPT_SETS: dict[str, Callable[[], tuple[str, ...]]] = {
    "scenes": lambda: _scenes(SCENES_COUNT),
    "scenes-64": lambda: _scenes(MANY),
    "scenes-angular": lambda: _scenes(MANY, ANGULAR),
    "scenes-round": lambda: _scenes(MANY, ROUND),
    "general": lambda: _GENERAL,
}


def prompt_set(name: str) -> tuple[str, ...]:
    """The texts of a set, in order; raises `UnknownName` with the nearest names."""
    if name not in PROMPT_SETS:
        raise UnknownName("prompt set", name, PROMPT_SETS)
    return PROMPT_SETS[name]()
