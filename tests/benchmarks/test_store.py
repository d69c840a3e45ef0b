"""The store with 100,000 measurements: 2,000 cells on one device, 50 nights.

Only ratios are asserted; the times are printed (`pytest -s tests/benchmarks/test_store.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from profiler.analysis.recommend import recommend
from profiler.records.measurement import Measurement, Trace
from profiler.store import Store, open_store
from tests.factories import make_cell, make_measurement

_CELLS = 2_000
_DEVICE = "cpu-example-2c"


def nights(first: int, last: int) -> Iterator[Measurement]:
    """Each cell once a night; short, since reading must not depend on what is raw."""
    cells = [make_cell(seed=seed) for seed in range(_CELLS)]
    whole = make_measurement()
    runs = tuple(replace(run, step_s=run.step_s[:1]) for run in whole.runs[:2])
    short = replace(whole, phases=whole.phases[:2], runs=runs, trace=Trace())
    for night in range(first, last):
        started_at = f"2026-{1 + night // 28:02d}-{1 + night % 28:02d}T02:00:00+00:00"
        for seed, cell in enumerate(cells):
            name = f"night-{night:02d}-{seed:04d}"
            yield replace(short, measurement_id=name, cell=cell, started_at=started_at)


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of a few: what the machine does besides only ever adds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def report(store: Store, count: int, stored_s: float) -> float:
    """Print what 1,000 measurements took to store and all to summarise; the latter in seconds."""
    summarised_s = seconds(lambda: store.summaries(_DEVICE))
    finished_s = seconds(
        lambda: store.finished(_DEVICE, make_measurement().environment.environment_id)
    )
    print(  # noqa: T201
        f"\n{count:,} measurements: stored in {stored_s:.1f} s, summaries {summarised_s:.3f} s, "
        f"finished {finished_s:.3f} s"
    )
    return summarised_s


def test_summaries_hardly_grow_with_the_nights(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.sqlite") as store:
        few_s = seconds(lambda: store.add_many(nights(0, 5)), repeats=1)
        few_read_s = report(store, 10_000, few_s)
        many_s = seconds(lambda: store.add_many(nights(5, 50)), repeats=1)
        many_read_s = report(store, 100_000, few_s + many_s)

        summaries = store.summaries(_DEVICE)
        assert len(summaries) == _CELLS
        assert {summary.measurement_ids[0][:8] for summary in summaries} == {"night-49"}
        assert len(store.summaries(_DEVICE, "quickstart")) == _CELLS
        recommended_s = seconds(lambda: recommend(summaries, _DEVICE), repeats=1)
        print(f"recommended from them in {recommended_s:.3f} s")  # noqa: T201
        assert recommend(summaries, _DEVICE).accepted
        # Ten times the nights, the same cells: decoding the winners is most of the work.
        assert many_read_s < 4 * few_read_s
        # Adding the last of 100,000 costs about as much as the first.
        assert many_s / 45 < 4 * few_s / 5
