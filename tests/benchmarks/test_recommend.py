"""How long a recommendation over 10,000 summaries takes, relative to turning them into JSON."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from profiler.analysis.recommend import recommend
from profiler.records.codec import to_json
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import measured
from profiler.records.summary import Limits, Summary
from tests.analysis.build import DEVICE, MIB, summary
from tests.factories import int8_cell, make_cell

COUNT = 10_000
# Converting the same summaries to JSON is work that any answer must do for what it prints.
AT_MOST = 4.0


def many() -> list[Summary]:
    """10,000 cells of one device: some fail, many tie, all have intervals."""
    rng = random.Random(5)
    found = [summary(make_cell())]
    for i in range(COUNT - 1):
        cell = int8_cell(seed=i + 1) if i % 2 else make_cell(seed=i + 1)
        latency, memory = rng.uniform(0.3, 3.0), rng.uniform(200, 900) * MIB
        one = summary(cell, latency, memory, rng.uniform(0.88, 1.0), spread=0.03)
        one = replace(one, measurement_ids=(f"m{i}",))
        if i % 20 == 0:
            failure = Failure("first_image", "asked for 2.0 GiB")
            one = replace(one, outcome=Outcome.OUT_OF_MEMORY, figures={}, failure=failure)
        found.append(one)
    return found


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest of two calls: other users of the machine do not count."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize("objective", ["latency", "throughput"])
def test_recommend_over_10_000_summaries(
    objective: str, capsys: pytest.CaptureFixture[str]
) -> None:
    summaries = many()
    limits = Limits(max_latency_s=2.5, max_memory_bytes=800 * MIB)
    reference = seconds(lambda: to_json(summaries))
    taken = seconds(lambda: recommend(summaries, DEVICE, objective, limits))
    with capsys.disabled():
        print(  # noqa: T201 - the figure is the point of a benchmark
            f"\nrecommend --objective {objective}, {COUNT:,} summaries: {taken:.2f} s of CPU, "
            f"{taken / reference:.1f} times their conversion to JSON ({reference:.2f} s)"
        )
    assert taken < AT_MOST * reference


def test_a_front_of_10_000_tied_candidates() -> None:
    # The worst case for the front: nothing dominates anything, so nothing can be left out early.
    summaries = [
        replace(one, figures={**one.figures, "peak_memory_bytes": measured(500e6, "B", 4e8, 6e8)})
        for one in (
            summary(make_cell(seed=i), 1 + 1e-6 * i, measurement_ids=(f"m{i}",))
            for i in range(COUNT)
        )
    ]
    reference = seconds(lambda: to_json(summaries))
    answer = recommend(summaries, DEVICE)
    taken = seconds(lambda: recommend(summaries, DEVICE))
    assert all(candidate.on_pareto_front for candidate in answer.accepted)
    assert taken < AT_MOST * reference
