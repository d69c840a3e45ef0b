"""The template package, installed by pip, adds one of each kind, and a suite runs with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiler.records.measurement import Measurement, Outcome
from profiler.store import open_store
from tests.plugins.conftest import Run

SUITE = """
schema_version: 1
name: plugin
models: [tiny-sd]
axes: {steps: [2]}
include:
  - compression: {method: example-rounding, parameters: {bits: 2}}
  - optimisations: example-clamp
  - scheduler: example-heun
measure: {warmup: 0, min_repeats: 1, max_repeats: 1, threads: 1}
quality: {metrics: [psnr, example_brightness], images: 1}
"""
ADDED = {
    "example-rounding": "quantise",
    "example-clamp": "optimise",
    "example-heun": "scheduler",
    "example_brightness": "metric",
}


@pytest.fixture(scope="module")
def measured(sdprof: Run, tmp_path_factory: pytest.TempPathFactory) -> list[Measurement]:
    """Baseline, compression, optimisation and sampler, as they were stored."""
    folder = tmp_path_factory.mktemp("suite")
    suite, path = folder / "plugin.yaml", folder / "store.sqlite"
    suite.write_text(SUITE)
    done = sdprof("run", suite, "--device", "cpu", "--store", path)
    assert done.returncode == 0, done.stderr
    with open_store(path, read_only=True) as store:
        return store.measurements()


def of(measured: list[Measurement], method: str) -> Measurement:
    def named(m: Measurement) -> set[str]:
        return {m.cell.scheduler, *(u.method for u in m.cell.compression + m.cell.optimisations)}

    (found,) = [m for m in measured if method in named(m)]
    return found


def test_all_four_kinds_are_listed(sdprof: Run) -> None:
    done = sdprof("methods", "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    listed = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert {name: listed[name]["kind"] for name in ADDED} == ADDED
    assert all(listed[name]["runs"] for name in ADDED)
    assert "from 1 to 23" in sdprof("methods", "example-rounding").stdout


def test_the_compression_changed_the_weights(measured: list[Measurement]) -> None:
    cell = of(measured, "example-rounding")
    assert cell.outcome is Outcome.OK, cell.failure
    assert cell.weights is not None
    (effect,) = cell.weights.methods
    assert effect.layers_touched > 10
    assert effect.details["mantissa_bits"] == 2
    divergence = cell.quality["psnr"].value
    assert divergence is not None
    assert 5.0 < divergence < 60.0


def test_the_optimisation_came_to_bear_in_each_call(measured: list[Measurement]) -> None:
    cell = of(measured, "example-clamp")
    assert cell.outcome is Outcome.OK, cell.failure
    (effect,) = cell.optimisations
    assert effect.uses == 2 * len(cell.runs)
    assert effect.details["calls"] == effect.uses


def test_the_sampler_paints_other_images(measured: list[Measurement]) -> None:
    cell = of(measured, "example-heun")
    assert cell.outcome is Outcome.OK, cell.failure
    plain = next(m for m in measured if not m.baseline_id)
    assert cell.images != plain.images
    # Heun calls the UNet twice in each step but the last.
    assert all(len(run.step_s) == 3 for run in cell.runs)


def test_the_metric_judges_every_cell(measured: list[Measurement]) -> None:
    assert len(measured) == 4
    for cell in measured:
        value = cell.quality["example_brightness"].value
        assert value is not None
        assert 0.0 < value < 1.0


def test_the_template_is_found_by_no_other_process(tmp_path: Path) -> None:
    from profiler.analysis.methods import catalogue

    assert not ADDED.keys() & {spec.name for _, spec in catalogue()}
