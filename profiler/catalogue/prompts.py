"""Sets of prompts by name; a cell carries the texts themselves, so a set must never change.

Texts are part of a cell's content hash: to add or mend a prompt, make a set with a new name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from profiler.catalogue.scenes import TEMPLATES, sample_scenes
from profiler.errors import UnknownName

SCENES_COUNT, SCENES_SEED = 24, 2026

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


@lru_cache(maxsize=1)
def _scenes() -> tuple[str, ...]:
    """Captions of drawn scenes, told in the first template; no scene twice."""
    captions = dict.fromkeys(
        scene.caption(TEMPLATES[0]) for scene in sample_scenes(2 * SCENES_COUNT, SCENES_SEED)
    )
    return tuple(captions)[:SCENES_COUNT]


PROMPT_SETS: dict[str, Callable[[], tuple[str, ...]]] = {
    "scenes": _scenes,
    "general": lambda: _GENERAL,
}


def prompt_set(name: str) -> tuple[str, ...]:
    """The texts of a set, in order; raises `UnknownName` with the nearest names."""
    if name not in PROMPT_SETS:
        raise UnknownName("prompt set", name, PROMPT_SETS)
    return PROMPT_SETS[name]()
