"""The same bench on a CUDA device: skipped, with the reason, where there is none."""

from __future__ import annotations

import pytest

from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.records.cell import MethodUse
from profiler.store.memory import MemoryStore
from tests.factories import make_cell
from tests.orchestrate.jobs import make_suite

NF4 = MethodUse("bnb-nf4", ("unet",), {"double_quant": True, "block_size": 64})
OFFLOAD = MethodUse("model-offload")


@pytest.mark.gpu
@pytest.mark.parametrize("isolation", ["fork", "fresh"])
def test_cells_run_on_cuda_with_memory_by_phase(isolation):
    plain = make_cell(precision="fp16", steps=4)
    cells = (
        plain,
        make_cell(precision="fp16", steps=4, compression=(NF4,)),
        make_cell(precision="fp16", steps=4, optimisations=(OFFLOAD,)),
    )
    store = MemoryStore()
    run_suite(make_suite(*cells), store, RunOptions(device="cuda:0", isolation=isolation))
    found = {measurement.cell.cell_id: measurement for measurement in store.measurements()}
    assert [found[cell.cell_id].failure for cell in cells] == [None, None, None]
    for measurement in found.values():
        image = next(phase for phase in measurement.phases if phase.name == "first_image")
        assert image.memory["allocated"].value > 0
        assert image.memory["reserved"].value >= image.memory["allocated"].value
        assert all(sum(run.step_s) < run.wall_s for run in measurement.runs)
        assert "gpu_memory_bytes" in measurement.trace.series
    weights = [found[cell.cell_id].weights.total_bytes for cell in cells]
    assert weights[1] < weights[0]
