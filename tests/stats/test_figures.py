"""A measurement condensed: every figure is there, with its interval or its reason."""

from dataclasses import replace

import pytest

from profiler.records.measurement import ImageRun, Phase
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import FIGURES
from profiler.stats.figures import figures_of, peak_memory
from tests.factories import failed_measurement, make_cell, make_measurement


def run(index: int, wall_s: float, warm: bool = True) -> ImageRun:
    return ImageRun(
        index=index,
        warm=warm,
        start_s=float(index),
        end_s=index + wall_s,
        wall_s=wall_s,
        cpu_s=2 * wall_s,
        text_encoder_s=0.1,
        step_s=(0.2, 0.3, 0.7),
        vae_decode_s=0.05,
    )


RUNS = (run(0, 9.0, warm=False), *(run(i, 1.0 + i / 10) for i in range(1, 8)))


def phase(name: str, **memory: Quantity) -> Phase:
    return Phase(name, 0.0, 1.0, 1.0, 1.0, memory)


def test_every_figure_is_there_with_its_unit() -> None:
    for measurement in (make_measurement(), failed_measurement()):
        figures = figures_of(measurement)
        assert list(figures) == list(FIGURES)
        for name, quantity in figures.items():
            assert quantity.unit == FIGURES[name][0], name


def test_latency_is_the_median_of_the_warm_runs_only() -> None:
    figures = figures_of(make_measurement(make_cell(batch_size=2), runs=RUNS))
    batch, image = figures["latency_s_per_batch"], figures["latency_s_per_image"]
    assert (batch.value, batch.low, batch.high) == (1.4, 1.1, 1.7)
    assert "7 warm runs" in batch.source
    assert (image.value, image.low, image.high) == (0.7, 0.55, 0.85)
    assert figures["cpu_s_per_image"].value == pytest.approx(1.4)
    assert figures["first_image_s"].value == 9.0
    assert figures["load_s"].value == 1.0


def test_throughput_swaps_the_bounds() -> None:
    figure = figures_of(make_measurement(make_cell(batch_size=2), runs=RUNS))[
        "throughput_images_per_s"
    ]
    assert figure.value == pytest.approx(2 / 1.4)
    assert figure.low == pytest.approx(2 / 1.7)
    assert figure.high == pytest.approx(2 / 1.1)


def test_parts_of_a_call() -> None:
    figures = figures_of(make_measurement(runs=RUNS))
    assert figures["text_encoder_s"].value == 0.1
    assert figures["denoise_s"].value == pytest.approx(1.2)
    assert figures["step_s"].value == 0.3
    assert figures["vae_decode_s"].value == 0.05


def test_untimed_parts_are_unavailable_not_zero() -> None:
    runs = tuple(replace(r, step_s=(), vae_decode_s=0.0) for r in RUNS)
    figures = figures_of(make_measurement(runs=runs))
    for name in ("denoise_s", "step_s", "vae_decode_s"):
        assert figures[name].value is None
        assert "not timed" in figures[name].reason


def test_few_runs_give_a_median_without_interval_and_outliers_are_told() -> None:
    few = figures_of(make_measurement(runs=RUNS[:4]))["latency_s_per_batch"]
    assert (few.value, few.low, few.high) == (1.2, None, None)
    assert "too few" in few.source
    odd = (*RUNS[1:], run(8, 20.0))
    assert (
        "1 flagged as outlier"
        in figures_of(make_measurement(runs=odd))["latency_s_per_batch"].source
    )


def test_hits_and_warm_misses_of_a_cache_are_told_apart() -> None:
    misses = tuple(replace(known, cache="miss") for known in RUNS)
    hits = tuple(replace(run(i, 0.01), warm=False, cache="hit") for i in range(3))
    figures = figures_of(make_measurement(runs=misses + hits))
    assert figures["cache_hit_s"].value == pytest.approx(0.01)
    assert figures["cache_miss_s"].value == figures["latency_s_per_batch"].value
    assert "no cache" in figures_of(make_measurement())["cache_hit_s"].reason


def test_no_warm_runs() -> None:
    figures = figures_of(make_measurement(runs=RUNS[:1], weights=None, energy={}))
    assert "no warm run" in figures["latency_s_per_image"].reason
    assert "no warm run" in figures["throughput_images_per_s"].reason
    assert "not counted" in figures["weights_bytes"].reason
    assert "no energy" in figures["energy_j_per_image"].reason


def test_energy_is_copied() -> None:
    energy = {"energy_j_per_image": measured(12.0, "J", 11.0, 13.0)}
    figures = figures_of(make_measurement(energy=energy))
    assert figures["energy_j_per_image"] == energy["energy_j_per_image"]


def test_a_failed_cell_gives_its_failure_as_the_reason() -> None:
    for quantity in figures_of(failed_measurement()).values():
        assert quantity.reason == "out of memory in first_image: asked for 2.0 GiB"


def test_peak_memory_prefers_the_device_and_skips_the_harness() -> None:
    phases = (
        phase("import", rss=measured(9e9, "B"), allocated=measured(9e9, "B")),
        phase("load", rss=measured(1e9, "B"), allocated=measured(2e9, "B")),
        phase("warm_images", rss=measured(4e9, "B"), allocated=measured(3e9, "B")),
        phase("quality_images", rss=measured(8e9, "B"), allocated=measured(8e9, "B")),
        phase("score", rss=measured(8e9, "B"), allocated=measured(8e9, "B")),
    )
    peak = peak_memory(phases)
    assert peak.value == 3e9
    assert "allocated" in peak.source
    assert "warm_images" in peak.source
    on_cpu = [
        replace(p, memory={**p.memory, "allocated": unavailable("B", "no CUDA device")})
        for p in phases
    ]
    resident = peak_memory(on_cpu)
    assert resident.value == 4e9
    assert "resident" in resident.source


def test_peak_memory_that_nobody_recorded() -> None:
    assert peak_memory(()).reason == "no phase recorded its memory"
    lost = phase("load", rss=unavailable("B", "no psutil"))
    assert peak_memory([lost]).reason == "no psutil"
