"""Prompt sets: fixed, without repetition, and true to their names."""

from __future__ import annotations

import hashlib

from profiler.catalogue.prompts import ANGULAR, PROMPT_SETS, ROUND, prompt_set
from profiler.catalogue.scenes import SHAPES, parse_caption


def test_sets_never_change():
    sums = {
        name: hashlib.sha256("\n".join(prompt_set(name)).encode()).hexdigest()[:12]
        for name in PROMPT_SETS
    }
    assert sums == {
        "scenes": "3e0537375046",
        "scenes-64": "926f6dd678d5",
        "scenes-angular": "36c1a466cfb0",
        "scenes-round": "e18352e5c209",
        "general": "42d001974cb7",
    }


def test_subdomains_split_the_shapes():
    assert sorted((*ANGULAR, *ROUND)) == sorted(SHAPES)
    for name, shapes in (("angular", ANGULAR), ("round", ROUND), ("64", SHAPES)):
        texts = prompt_set(f"scenes-{name}")
        assert len(set(texts)) == len(texts) == 64
        assert {parse_caption(text).shape for text in texts} == set(shapes)
