"""One conformance suite for every backend: what the docstrings of `protocol` promise."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from profiler.errors import StoreError, UnknownName
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.quantity import measured, unavailable
from profiler.stats.figures import figures_of
from profiler.store import Store
from tests.factories import (
    failed_measurement,
    int8_cell,
    make_cell,
    make_environment,
    make_measurement,
)

CPU = "cpu-example-2c"
ENVIRONMENT = make_environment().environment_id


def night(day: int, outcome: Outcome = Outcome.OK, **changes: object) -> Measurement:
    """A measurement of the plain cell at two o'clock on a day of November."""
    made = make_measurement() if outcome is Outcome.OK else failed_measurement(outcome=outcome)
    return replace(
        made,
        **{
            "measurement_id": f"night-{day:02d}",
            "started_at": f"2026-11-{day:02d}T02:00:00+00:00",
            **changes,
        },
    )


def counting(store: Store) -> list[str]:
    return [summary.measurement_ids[0] for summary in store.summaries()]


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.summaries() == []
    assert store.history() == []
    assert store.measurements() == []
    assert store.runs() == []
    assert store.devices() == []
    assert store.finished(CPU, ENVIRONMENT) == {}
    assert store.latest("0" * 16, CPU) is None


@pytest.mark.parametrize(
    "measurement",
    [
        make_measurement(int8_cell()),
        failed_measurement(validity=("throttled",)),
        make_measurement(
            environment=make_environment(host_load=None, free_memory_bytes=123),
            images={"0": "ab" * 32},
            quality={"psnr": measured(float("inf"), "dB"), "fid": unavailable("1", "too few")},
            overhead={"fork_s": 0.1},
            baseline_id="0123456789abcdef",
        ),
    ],
    ids=["ok", "failed", "full"],
)
def test_a_measurement_comes_back_equal(store: Store, measurement: Measurement) -> None:
    assert store.add(measurement)
    back = store.measurement(measurement.measurement_id)
    assert back == measurement
    assert back.cell.cell_id == measurement.cell.cell_id
    assert back.environment.environment_id == measurement.environment.environment_id


def test_what_varies_within_an_environment_stays_with_its_measurement(store: Store) -> None:
    calm, busy = make_environment(host_load=0.1), make_environment(host_load=7.5)
    assert calm.environment_id == busy.environment_id
    store.add_many([night(1, environment=calm), night(2, environment=busy)])
    assert [m.environment.host_load for m in store.measurements()] == [0.1, 7.5]


def test_adding_twice_keeps_the_first(store: Store) -> None:
    first, again = night(1, wall_s=1.0), night(1, wall_s=2.0)
    assert store.add(first) is True
    assert store.add(again) is False
    assert store.measurement("night-01").wall_s == 1.0
    assert store.add_many([again, night(2), night(2)]) == 1
    assert len(store.measurements()) == 2


def test_an_unknown_measurement_offers_near_names(store: Store) -> None:
    store.add(night(7))
    with pytest.raises(UnknownName, match="night-07"):
        store.measurement("night-08")


def test_a_time_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match=r"night-01.*'yesterday'.*ISO 8601"):
        store.add(night(1, started_at="yesterday"))
    assert store.measurements() == []


def test_measurements_meet_all_conditions(store: Store) -> None:
    store.add_many(
        [
            night(1),
            night(2, cell=int8_cell()),
            night(3, device_id="gtx-1650"),
            night(4, suite="nightly", run_id="run-2"),
        ]
    )

    def days(**conditions: str) -> list[int]:
        whole = store.measurements(**conditions)
        condensed = store.history(**conditions)
        ids = [m.measurement_id for m in whole]
        assert [s.measurement_ids[0] for s in condensed] == ids
        return [int(name[-2:]) for name in ids]

    assert days() == [1, 2, 3, 4]
    assert days(cell_id=int8_cell().cell_id) == [2]
    assert days(device_id="gtx-1650") == [3]
    assert days(run_id="run-2") == [4]
    assert days(suite="quickstart", device_id=CPU) == [1, 2]
    assert days(suite="none-such") == []
    assert store.devices() == [CPU, "gtx-1650"]


def test_oldest_first_goes_by_the_instant_not_by_the_text(store: Store) -> None:
    store.add(night(3, started_at="2026-11-01T12:00:00Z"))
    store.add(night(2, started_at="2026-11-01T09:30:00-02:00"))
    store.add(night(1, started_at="2026-11-01T10:00:00"))
    assert [m.measurement_id[-1] for m in store.measurements()] == ["1", "2", "3"]
    assert counting(store) == ["night-03"]


def test_a_summary_says_what_its_measurement_says(store: Store) -> None:
    measurement = make_measurement(int8_cell(), validity=("throttled",), baseline_id="abc")
    store.add(measurement)
    [summary] = store.summaries()
    assert summary.cell == measurement.cell
    assert summary.cell_id == measurement.cell.cell_id
    assert summary.figures == figures_of(measurement)
    assert summary.quality == measurement.quality
    assert summary.environment_id == ENVIRONMENT
    assert summary.measurement_ids == (measurement.measurement_id,)
    assert (summary.started_at, summary.suite) == (measurement.started_at, "quickstart")
    assert (summary.validity, summary.baseline_id) == (("throttled",), "abc")
    assert (summary.outcome, summary.failure) == (Outcome.OK, None)


def test_a_failed_cell_is_a_summary_with_its_failure(store: Store) -> None:
    store.add(failed_measurement())
    [summary] = store.summaries()
    assert summary.outcome is Outcome.OUT_OF_MEMORY
    assert summary.failure == failed_measurement().failure
    assert all(not q.available and q.reason for q in summary.figures.values())


def test_the_newest_counts_whatever_the_order_of_adding(store: Store) -> None:
    store.add_many([night(2), night(5), night(3)])
    assert counting(store) == ["night-05"]


def test_of_two_at_one_time_the_one_added_last_counts(store: Store) -> None:
    when = "2026-11-09T02:00:00+00:00"
    store.add_many([night(2, started_at=when), night(1, started_at=when)])
    assert counting(store) == ["night-01"]


@pytest.mark.parametrize("accident", [Outcome.CRASH, Outcome.TIMEOUT, Outcome.ERROR])
def test_an_accident_does_not_hide_an_older_result(store: Store, accident: Outcome) -> None:
    store.add_many([night(1), night(2), night(3, accident)])
    assert counting(store) == ["night-02"]
    latest = store.latest(make_cell().cell_id, CPU)
    assert latest is not None
    assert latest.measurement_id == "night-02"
    assert store.finished(CPU, ENVIRONMENT) == {make_cell().cell_id: accident}


@pytest.mark.parametrize(
    "answer", [Outcome.OUT_OF_MEMORY, Outcome.UNSUPPORTED, Outcome.INVALID_OUTPUT]
)
def test_an_answer_on_the_configuration_counts_when_newest(store: Store, answer: Outcome) -> None:
    store.add_many([night(1), night(2, answer), night(3, Outcome.CRASH)])
    assert counting(store) == ["night-02"]


def test_accidents_alone_are_shown(store: Store) -> None:
    store.add_many([night(1, Outcome.TIMEOUT), night(2, Outcome.CRASH)])
    assert counting(store) == ["night-02"]


def test_summaries_are_per_cell_and_device_in_the_order_of_arrival(store: Store) -> None:
    store.add(night(9, cell=int8_cell()))
    store.add(night(1, device_id="a-gpu"))
    store.add(night(2, device_id="a-gpu", cell=int8_cell()))
    store.add(night(3))
    assert counting(store) == ["night-02", "night-01", "night-09", "night-03"]
    assert [s.measurement_ids[0] for s in store.summaries("a-gpu")] == ["night-02", "night-01"]
    assert store.summaries("none-such") == []


def test_summaries_of_a_suite_look_at_its_measurements_only(store: Store) -> None:
    store.add_many([night(1), night(2, suite="nightly"), night(3, suite="other", device_id="x")])
    assert [s.measurement_ids[0] for s in store.summaries(suite="quickstart")] == ["night-01"]
    assert [s.measurement_ids[0] for s in store.summaries(CPU, "nightly")] == ["night-02"]
    assert store.summaries(CPU, "other") == []


def test_finished_is_of_one_device_and_environment(store: Store) -> None:
    newer = make_environment(driver="999")
    store.add_many(
        [
            night(1, Outcome.CRASH),
            night(2),
            night(3, Outcome.OUT_OF_MEMORY, environment=newer),
            night(4, cell=int8_cell(), device_id="x"),
        ]
    )
    cell_id = make_cell().cell_id
    assert store.finished(CPU, ENVIRONMENT) == {cell_id: Outcome.OK}
    assert store.finished(CPU, newer.environment_id) == {cell_id: Outcome.OUT_OF_MEMORY}
    assert store.finished("x", ENVIRONMENT) == {int8_cell().cell_id: Outcome.OK}


def test_latest_can_be_asked_for_one_environment(store: Store) -> None:
    store.add_many([night(1), night(2, environment=make_environment(driver="999"))])
    cell_id = make_cell().cell_id
    latest = store.latest(cell_id, CPU)
    here = store.latest(cell_id, CPU, ENVIRONMENT)
    assert latest == night(2, environment=make_environment(driver="999"))
    assert here == night(1)
    assert store.latest(cell_id, "x") is None


def test_an_image_is_kept_once_byte_for_byte(store: Store) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    sha256 = store.add_image(png)
    assert sha256 == hashlib.sha256(png).hexdigest()
    assert store.add_image(png) == sha256
    assert store.image(sha256) == png
    with pytest.raises(StoreError, match="no image"):
        store.image("0" * 64)


def test_a_run_is_kept_and_replaced(store: Store) -> None:
    run = RunInfo(
        "run-1", "first", "quickstart", CPU, make_environment(), "2026-11-02T00:00:00+00:00"
    )
    older = replace(run, run_id="run-0", started_at="2026-11-01T00:00:00+00:00")
    ended = replace(
        run,
        state="finished",
        ended_at="2026-11-02T01:00:00+00:00",
        environment=make_environment(host_load=3.0),
        overhead={"bench_cpu_s": measured(1.5, "s"), "gpu_s": unavailable("s", "no GPU")},
    )
    assert store.add_run(run) is True
    assert store.add_run(older) is True
    assert store.add_run(ended) is False
    assert store.runs() == [older, run]
    store.update_run(ended)
    assert store.runs() == [older, ended]
    with pytest.raises(StoreError, match=r"run-9.*add it first"):
        store.update_run(replace(run, run_id="run-9"))


def test_closing_twice_does_no_harm(store: Store) -> None:
    store.close()
    store.close()
