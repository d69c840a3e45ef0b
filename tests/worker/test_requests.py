"""Whole jobs of the embedded model with caches, warm-up and release, in this very process."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from profiler.catalogue.optimisations import optimisation
from profiler.orchestrate.collect import Collector
from profiler.pipelines.load import load_pipeline
from profiler.records.cell import MethodUse
from profiler.records.codec import to_json
from profiler.records.job import ADDED_PHASES, PHASES
from profiler.records.measurement import Outcome
from profiler.records.suite import QualitySpec
from profiler.stats.figures import figures_of
from profiler.worker.cell import run_job
from profiler.worker.protocol import LineBuffer
from tests.factories import PROMPTS, make_cell, make_measurement
from tests.orchestrate.jobs import QUICK, make_job

BUSY = "a small red circle, a ring and a cross, with a square and a triangle, " * 4


def measured(folder, *names, quality=None, reference_images=(), **changes):
    """What the bench collects of a job with these optimisations."""
    uses = tuple(
        use if isinstance(use, MethodUse) else MethodUse(use, (), optimisation(use).defaults())
        for use in names
    )
    cell = make_cell(**{"steps": 2, "optimisations": uses, **changes})
    job = make_job(
        folder,
        cell=cell,
        measure=replace(QUICK, min_repeats=3, max_repeats=3),
        quality=quality or QualitySpec(metrics=(), images=2),
        reference_images=reference_images,
    )
    log = folder / "events"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT)
    run_job(to_json(job), descriptor)
    os.close(descriptor)
    events = Collector()
    for message in LineBuffer().feed(log.read_bytes()):
        events.take(message)
    return cell, events


def figures(cell, events):
    return figures_of(
        make_measurement(
            cell,
            runs=tuple(events.runs),
            phases=tuple(events.phases),
            optimisations=tuple(events.optimisations),
        )
    )


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    # The first load imports libraries that warn with an exception in hand; pytest keeps the warning
    # and with it every frame below, which would hold the pipeline of the job.
    load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    folder = tmp_path_factory.mktemp("life")
    return measured(folder, "image-cache", "preload", "release-memory")


def test_each_has_its_phase_and_its_effect(life):
    _, events = life
    assert events.failure is None
    assert events.done
    assert [phase.name for phase in events.phases] == [
        "load",
        "compress",
        "warm_up",
        "first_image",
        "warm_images",
        "cache_hits",
        "quality_images",
        "release",
        "score",
    ]
    effects = {effect.method: effect for effect in events.optimisations}
    assert {name: effect.uses for name, effect in effects.items()} == {
        "image-cache": 3,
        "preload": 1,
        "release-memory": 1,
    }
    assert not any(effect.no_effect for effect in effects.values())


def test_the_phases_are_those_that_the_records_name(life):
    _, events = life
    assert {phase.name for phase in events.phases} == {*PHASES[1:], *ADDED_PHASES}


def test_the_worker_lets_the_pipeline_go(life):
    _, events = life
    (release,) = (e for e in events.optimisations if e.method == "release-memory")
    assert release.details["parts_left"] == 0
    assert release.details["rss_after_bytes"] < release.details["rss_before_bytes"]


def test_hits_and_misses_are_told_apart_and_the_first_is_a_request_like_others(life):
    cell, events = life
    assert [(run.warm, run.cache) for run in events.runs] == [
        (False, "miss"),
        (False, "miss"),
        *[(True, "miss")] * 3,
        *[(False, "hit")] * 3,
    ]
    assert all(not run.step_s for run in events.runs if run.cache == "hit")
    found = figures(cell, events)
    hit, miss = found["cache_hit_s"].value, found["cache_miss_s"].value
    assert hit < 0.1 * miss
    assert miss == found["latency_s_per_batch"].value
    assert found["first_image_s"].value == events.runs[0].wall_s


def test_a_known_prompt_saves_the_text_encoder_only(tmp_path):
    cell, events = measured(tmp_path, "prompt-cache", batch_size=2)
    assert events.done
    warm = [run for run in events.runs if run.warm]
    hits = [run for run in events.runs if run.cache == "hit"]
    assert (len(warm), len(hits)) == (3, 3)
    assert all(len(run.step_s) == 2 for run in hits)
    assert max(run.text_encoder_s for run in hits) < min(run.text_encoder_s for run in warm)
    found = figures(cell, events)
    assert found["cache_hit_s"].value is not None
    assert found["cache_miss_s"].value is not None


def test_a_cache_that_paints_something_else_is_found_out(tmp_path, monkeypatch):
    def wrong(self, key):
        return np.zeros((64, 64, 3), np.float32) if key in self._entries else None

    monkeypatch.setattr("profiler.pipelines.optimise.caches.Lru.get", wrong)
    _, events = measured(tmp_path, "image-cache")
    assert events.outcome is Outcome.ERROR
    assert (events.failure.stage, "other images" in events.failure.message) == ("cache_hits", True)


def test_images_of_several_sizes_are_saved_and_not_compared_pixel_by_pixel(tmp_path):
    whole = []
    for number in range(2):
        whole.append(str(tmp_path / f"baseline{number}.png"))
        Image.new("RGB", (64, 64), "red").save(whole[-1])
    quality = QualitySpec(metrics=("psnr", "clip_score"), images=2)
    prompts = (PROMPTS[0], BUSY)
    _, events = measured(
        tmp_path,
        "dynamic-resolution",
        prompts=prompts,
        batch_size=2,
        quality=quality,
        reference_images=tuple(whole),
    )
    assert events.done, events.failure
    sizes = [Image.open(path).size for _, path in sorted(events.saved.items())]
    assert sizes == [(32, 32), (64, 64)]
    assert events.quality["psnr"].value is None
    assert "64x64 px" in events.quality["psnr"].reason
    assert "32x32 px" in events.quality["psnr"].reason
    assert events.quality["clip_score"].value is not None
    (effect,) = events.optimisations
    assert effect.details["share_small"] == 0.5
