"""Whatever is in the file: a suite, or an `InputError` with a place; never another exception."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.errors import InputError
from profiler.suite import shipped
from profiler.suite.build import build_suite
from profiler.suite.source import parse_document, read_text

TEXT = shipped()["sd15"].read_text(encoding="utf-8")
INSERTS = [
    *"[]{}:,-'\"&*!|>#%~<? \n\t0a.",
    "null",
    "none",
    "1e999",
    "-1",
    "{a: [b]}",
    "[[x]]",
    "true",
]
VALUES = ["null", "7", "-1.5", "[]", "{}", "[[]]", "[{}]", "x", "''", "true", "[1, [2, {a: b}]]"]


def attempt(text: str) -> None:
    message = "x.yaml: right"
    try:
        build_suite(parse_document(text, "x.yaml"), Path("x.yaml"))
    except InputError as error:
        message = str(error)
    assert re.match(r"x\.yaml(:\d+:\d+|:\d+)?: ", message)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_mutated_suites(seed: int) -> None:
    rng = random.Random(seed)
    text = TEXT
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text))
        end = start + rng.choice((0, 0, 1, 3, 20))
        text = text[:start] + rng.choice(INSERTS) + text[end:]
    attempt(text)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    attempt(text)


KEYS = sorted(
    {m[1] for m in re.finditer(r"(\w+):", TEXT)}
    | {"weights", "method", "parameters", "guidance", "seed", "prompts", "file", "threads"}
)
PLACES = ["{}", "axes: {{{}}}", "include: [{{{}}}]", "exclude: [{{{}}}]", "baseline: {{{}}}",
          "measure: {{{}}}", "quality: {{{}}}", "axes: {{compression: [{{{}}}]}}",
          "axes: {{optimisations: [{{{}}}]}}",
          "axes: {{compression: [{{method: absmax-int8, parameters: {{{}}}}}]}}",
          "prompts: {{{}}}"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_any_value_at_any_key(place: str) -> None:
    head = "schema_version: 1\nname: x\nmodels: [tiny-sd]\n"
    for key in [*KEYS, "structured-pruning.ratio", "compile.mode", "a.b"]:
        for value in VALUES:
            attempt(head + place.format(f"{key}: {value}") + "\n")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_end() -> None:
    with pytest.raises(InputError, match="/dev/zero: is larger than 2 MiB"):
        read_text(Path("/dev/zero"), "/dev/zero")


def test_a_character_that_yaml_refuses_has_its_place() -> None:
    with pytest.raises(InputError, match=r"x\.yaml:2:6: .* U\+0001 is not allowed; remove it"):
        parse_document("a: b\nüö: '\x01'\n", "x.yaml")
