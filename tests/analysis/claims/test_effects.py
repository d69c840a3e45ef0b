"""Optimisations against the same cell without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.analysis.claims import effects
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import claim
from profiler.records.measurement import Phase
from profiler.records.quantity import measured
from tests.analysis.claims.build import cached, no_effect, result, rows, switched, with_effect
from tests.factories import make_cell

CASES = [
    ("preload", effects.preload),
    ("cache", effects.cache),
    ("batch", effects.batch),
    ("dynamic-resolution", effects.dynamic_resolution),
    ("gradient-checkpointing", effects.gradient_checkpointing),
    ("release", effects.release),
]


@pytest.mark.parametrize(("name", "judge"), CASES)
def test_without_results_it_is_not_measured(name, judge):
    assert judge(claim(name), rows(result(make_cell()))).verdict is Verdict.UNMEASURED


def first_takes(made, seconds):
    return replace(made, runs=(replace(made.runs[0], wall_s=seconds), *made.runs[1:]))


@pytest.mark.parametrize(("seconds", "verdict"), [(0.41, Verdict.HOLDS), (0.9, Verdict.FAILS)])
def test_preload_by_the_slowest_later_request(seconds, verdict):
    cold = first_takes(result(make_cell()), 1.6)
    warm = with_effect(first_takes(result(switched("preload")), seconds), "preload", {"images": 1})
    judged = effects.preload(claim("preload"), rows(cold, warm))
    assert judged.verdict is verdict
    assert "without preloading" in judged.found
    assert "images 1" in judged.evidence[0].note


@pytest.mark.parametrize(("hit_s", "verdict"), [(0.0001, Verdict.HOLDS), (0.1, Verdict.FAILS)])
def test_cache_by_hits_against_misses(hit_s, verdict):
    made = cached(switched("image-cache"), hit_s, 0.4)
    assert effects.cache(claim("cache"), rows(made)).verdict is verdict


@pytest.mark.parametrize(
    ("latency_s", "verdict"),
    [(0.9, Verdict.HOLDS), (1.2, Verdict.UNCERTAIN), (1.5, Verdict.FAILS)],
)
def test_batch_by_images_a_second(latency_s, verdict):
    three = result(make_cell(batch_size=3), latency_s=latency_s)
    judged = effects.batch(claim("batch"), rows(result(make_cell()), three))
    assert judged.verdict is verdict


@pytest.mark.parametrize(("latency_s", "verdict"), [(0.2, Verdict.HOLDS), (0.5, Verdict.FAILS)])
def test_dynamic_resolution_tells_time_and_loss(latency_s, verdict):
    made = result(switched("dynamic-resolution"), latency_s=latency_s, alignment=(0.5, 0.4, 0.6))
    judged = effects.dynamic_resolution(
        claim("dynamic-resolution"), rows(result(make_cell()), made)
    )
    assert judged.verdict is verdict
    assert "loses 47.4 %" in judged.found


def test_gradient_checkpointing_without_effect_does_not_hold():
    made = no_effect(switched("gradient-checkpointing"), "gradient-checkpointing")
    name = claim("gradient-checkpointing")
    judged = effects.gradient_checkpointing(name, rows(result(make_cell()), made))
    assert judged.verdict is Verdict.FAILS
    assert "no_effect" in judged.evidence[0].note
    assert "100.0 %" in judged.found
    worked = result(switched("gradient-checkpointing"))
    judged = effects.gradient_checkpointing(name, rows(result(make_cell()), worked))
    assert judged.verdict is Verdict.UNCERTAIN
    memory = {"rss": measured(300e6, "B")}
    less = replace(worked, phases=(Phase("warm_images", 0, 1, 1, 1, memory),))
    judged = effects.gradient_checkpointing(name, rows(result(make_cell()), less))
    assert judged.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(684e6, Verdict.HOLDS), (692e6, Verdict.UNCERTAIN), (699e6, Verdict.FAILS)],
)
def test_release_on_a_cpu_counts_against_the_weights(after, verdict):
    told = {"rss_before_bytes": 700_000_000, "rss_after_bytes": int(after)}
    made = with_effect(result(switched("release-memory")), "release-memory", told)
    judged = effects.release(claim("release"), rows(made))
    assert judged.verdict is verdict
    assert "no VRAM" in judged.reason


def test_release_on_a_gpu_counts_reserved_memory():
    told = {
        "rss_before_bytes": 700, "rss_after_bytes": 700,
        "reserved_before_bytes": 1000, "reserved_after_bytes": 0,
    }  # fmt: skip
    made = with_effect(result(switched("release-memory")), "release-memory", told)
    judged = effects.release(claim("release"), rows(made, kind="cuda"))
    assert judged.verdict is Verdict.HOLDS
    assert "reserved VRAM" in judged.found
