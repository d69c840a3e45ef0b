"""The measurement of one cell, as far as it needs no model; real cells are in tests/orchestrate."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from profiler.records.codec import to_json
from profiler.records.suite import QualitySpec
from profiler.worker.cell import images_for_quality, prompts_of_call, run_job
from profiler.worker.memory import PeakMemory
from profiler.worker.protocol import LineBuffer
from tests.factories import make_cell
from tests.orchestrate.jobs import make_job


def job_of(folder, batch, images, prompts):
    cell = make_cell(batch_size=batch, prompts=tuple(f"prompt {i}" for i in range(prompts)))
    return make_job(folder, cell=cell, quality=QualitySpec(images=images))


@given(st.integers(1, 5), st.integers(0, 9), st.integers(1, 9), st.integers(0, 40))
def test_each_prompt_first_comes_in_a_call_of_its_own_place(batch, images, prompts, extra):
    job = job_of("", batch, images, prompts)
    wanted = images_for_quality(job)
    calls = -(-wanted // batch) + extra
    first = {}
    for number in range(calls):
        for index in prompts_of_call(number, job):
            first.setdefault(index, number)
    assert len(prompts_of_call(0, job)) == batch
    for index in range(wanted):
        assert first[index] == index // batch


def events_of(job_json):
    read, write = os.pipe()
    run_job(job_json, write)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        return list(LineBuffer().feed(stream.read()))


def test_a_job_that_cannot_be_read_is_a_failure_and_no_silence(tmp_path):
    job = to_json(make_job(tmp_path))
    del job["cell"]["steps"]
    events = events_of(job)
    assert [event["event"] for event in events] == ["ready", "failure"]
    assert events[1]["outcome"] == "error"
    assert events[1]["stage"] == "start"
    assert "steps" in events[1]["message"]


def test_an_unknown_model_fails_in_its_phase(tmp_path):
    # Not forked: limits and threads of the test process must stay, so no limit is asked for.
    events = events_of(to_json(make_job(tmp_path, cell=make_cell(model="sd99"))))
    failure = events[-1]
    assert (failure["event"], failure["stage"]) == ("failure", "load")
    assert "sd99" in failure["message"]
    assert failure["details"]["peak_rss_bytes"] > 0


def test_a_failure_is_told_even_where_the_device_answers_nothing_any_more(tmp_path, monkeypatch):
    """After an illegal access every call to CUDA raises, the one for the peaks as well."""

    def broken(_self):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(PeakMemory, "peaks", broken)
    failure = events_of(to_json(make_job(tmp_path, cell=make_cell(model="sd99"))))[-1]
    assert (failure["event"], failure["stage"]) == ("failure", "load")
    assert "sd99" in failure["message"]
    assert "illegal memory access" in failure["details"]["peaks_unavailable"]
