from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.errors import InputError, UnknownName
from profiler.report.gather import Bounds, gather
from profiler.store.memory import MemoryStore
from tests.factories import make_cell, make_environment, make_measurement
from tests.report.example import BASELINE, fill, png, run_info


@pytest.fixture
def store():
    store = MemoryStore()
    fill(store)
    return store


def test_details_start_with_the_baseline_and_are_bounded(store):
    device = gather(store, bounds=Bounds(detail_cells=5)).devices[0]
    assert len(device.details) == 5
    assert next(iter(device.details)) == BASELINE.cell_id
    assert len(device.summaries) == 15
    assert device.name == "Example CPU"


def test_images_stay_within_the_budget(store):
    size = len(png(220, 30, 40))
    tight = Bounds(image_bytes=5 * size, least_image_bytes=5 * size)
    material = gather(store, bounds=tight)
    assert 3 <= len(material.images) <= 6
    assert material.images_left_out == 20 - len(material.images)
    assert Bounds().images(10) > Bounds().images(2000) > 0


def test_a_lost_image_is_counted_and_does_not_stop_the_report(store):
    store.add(make_measurement(make_cell(steps=3), number=70, images={"0": "ab" * 32}))
    assert gather(store).images_lost == 1


def test_only_the_cells_of_one_run(store):
    cell = make_cell(steps=7)
    store.add(make_measurement(cell, number=60, run_id="run-2"))
    store.add_run(run_info(run_id="run-2", name="second"))
    material = gather(store, run_id="run-2")
    assert [s.cell_id for s in material.devices[0].summaries] == [cell.cell_id]
    assert [run.name for run in material.devices[0].runs] == ["second"]


def test_only_the_cells_of_one_suite(store):
    store.add(make_measurement(make_cell(steps=7), number=60, suite="nightly"))
    assert len(gather(store, suite="nightly").devices[0].summaries) == 1


def test_several_devices_are_sections_or_one_is_chosen(store):
    environment = make_environment(device_id="gtx1650", device_name="GTX 1650")
    store.add(make_measurement(number=80, device_id="gtx1650", environment=environment))
    assert [d.device_id for d in gather(store).devices] == ["cpu-example-2c", "gtx1650"]
    assert [d.name for d in gather(store, device_id="gtx1650").devices] == ["GTX 1650"]
    with pytest.raises(UnknownName, match="did you mean 'gtx1650'"):
        gather(store, device_id="gtx1560")


def test_empty_store_or_question_without_answer(store):
    with pytest.raises(InputError, match="no measurements; measure first"):
        gather(MemoryStore())
    with pytest.raises(InputError, match="of run 'x' and suite 'y'"):
        gather(store, run_id="x", suite="y")


def test_a_given_recommendation_is_shown_as_it_is(store):
    own = gather(store).devices[0].recommendation
    assert own is not None
    given = replace(own, objective="memory", notes=("asked by hand",))
    device = gather(store, recommendation=given).devices[0]
    assert device.recommendation is given


def test_a_recommendation_for_a_device_without_measurements(store):
    own = gather(store).devices[0].recommendation
    assert own is not None
    given = replace(own, device_id="jetson")
    device = gather(store, device_id="jetson", recommendation=given).devices[0]
    assert len(device.summaries) == len(own.accepted) + len(own.rejected)


def test_the_baseline_may_be_named_by_its_measurement(store):
    device = gather(store).devices[0]
    first = device.summaries[0]
    assert first.cell_id != BASELINE.cell_id
    bare = [replace(s, baseline_id="") for s in device.summaries]
    named = replace(bare[5], baseline_id=first.measurement_ids[0])
    alone = replace(device, summaries=(*bare[:5], named), recommendation=None)
    assert alone.baseline() == bare[0]
