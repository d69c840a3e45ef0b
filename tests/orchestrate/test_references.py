"""The baseline's images, for the cells of its own model."""

from __future__ import annotations

from pathlib import Path

from profiler.orchestrate.references import ReferencesByModel
from profiler.store.memory import MemoryStore
from tests.factories import make_cell, make_measurement
from tests.orchestrate.jobs import make_suite

TINY, TINY_NEXT = make_cell(), make_cell(precision="bf16")
SD15 = make_cell(model="sd15", weights="hub")
SD15_NEXT = make_cell(model="sd15", weights="hub", precision="bf16")


def test_each_model_is_compared_with_its_own_baseline(tmp_path):
    store = MemoryStore()
    suite = make_suite(TINY, TINY_NEXT, SD15, SD15_NEXT, baseline=TINY, baselines=(SD15,))
    references = ReferencesByModel(suite, tmp_path)
    for cell, png in ((TINY, b"tiny"), (SD15, b"large")):
        assert references.of(cell).is_baseline(cell)
        images = {"0": store.add_image(png)}
        references.of(cell).take(make_measurement(cell, images=images), store)
    for cell, png in ((TINY_NEXT, b"tiny"), (SD15_NEXT, b"large")):
        assert not references.of(cell).is_baseline(cell)
        (path,), reason = references.of(cell).paths_for(cell)
        assert (Path(path).read_bytes(), reason) == (png, "")


def test_a_model_without_a_baseline_is_told_so(tmp_path):
    store = MemoryStore()
    references = ReferencesByModel(make_suite(TINY, SD15), tmp_path)
    images = {"0": store.add_image(b"tiny")}
    references.of(TINY).take(make_measurement(TINY, images=images), store)
    assert "another model" in references.of(SD15).paths_for(SD15)[1]
    nothing = ReferencesByModel(make_suite(TINY, baseline=None), tmp_path)
    assert nothing.of(TINY).paths_for(TINY) == ((), "the suite names no baseline")
