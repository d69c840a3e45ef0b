from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.report.gallery import gallery, limits_note
from profiler.report.labels import labels
from tests.factories import PROMPTS
from tests.report.example import BASELINE, png


@pytest.fixture
def device(material):
    return material.devices[0]


@pytest.fixture
def names(device):
    return labels([s.cell for s in device.summaries], BASELINE)


def test_one_strip_per_prompt_with_the_baseline_first(material, device, names):
    view = gallery(device, names, material.images, set())
    assert [(s["prompt"], s["seed"]) for s in view["strips"]] == [(PROMPTS[0], 0), (PROMPTS[1], 1)]
    for strip in view["strips"]:
        assert len(strip["images"]) == 11
        assert strip["images"][0]["role"] == "baseline"
        assert all(strip["prompt"] in image["alt"] for image in strip["images"])
    assert view["notes"] == []


def test_a_png_is_embedded_once_and_then_copied(material, device, names):
    embedded: set[str] = set()
    view = gallery(device, names, material.images, embedded)
    images = [image for strip in view["strips"] for image in strip["images"]]
    sources = [dict(i["attrs"])["src"] for i in images if "src" in dict(i["attrs"])]
    assert len(sources) == len(set(sources)) == len(embedded) == len(material.images) == 20
    copies = [image for image in images if "data-copy" in dict(image["attrs"])]
    assert len(copies) == 2
    assert {image["role"] for image in copies} == {"identical to the baseline"}
    again = gallery(device, names, material.images, embedded)
    assert not any("src" in dict(i["attrs"]) for s in again["strips"] for i in s["images"])


def test_small_images_are_enlarged_in_proportion(material, device, names):
    sha = next(iter(material.images))
    view = gallery(device, names, {sha: png(1, 2, 3, 32)}, set())
    image = view["strips"][0]["images"][0]
    assert (image["width"], image["height"]) == (128, 128)
    assert ("class", "enlarged") in image["attrs"]


def test_without_a_baseline_the_page_says_so(material, device, names):
    bare = tuple(replace(s, baseline_id="") for s in device.summaries)
    alone = replace(device, summaries=bare, recommendation=None)
    view = gallery(alone, names, material.images, set())
    assert view["notes"] == ["There is no baseline to set the images beside."]


def test_what_was_left_out_is_told():
    assert limits_note(0, 0, 3, 3) == []
    notes = limits_note(2, 1, 40, 2000)
    assert "40 of 2,000 configurations" in notes[0]
    assert notes[1:] == [
        "2 images left out to keep the page small.",
        "1 image could not be read from the store.",
    ]
