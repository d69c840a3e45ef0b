"""Events to the parts of a measurement."""

from __future__ import annotations

import pytest

from profiler.orchestrate.collect import Collector
from profiler.orchestrate.verdict import Ending, verdict
from profiler.records.measurement import Outcome


def collect(*messages):
    collector = Collector()
    for t, message in enumerate(messages):
        collector.take({"t": float(t), **message})
    return collector


BEGIN = {"event": "phase_begin", "phase": "load"}
END = {"event": "phase_end", "phase": "load", "wall_s": 0.5, "cpu_s": 0.4, "memory": {}}


def test_the_stage_is_the_open_phase():
    assert collect().stage == "start"
    assert collect(BEGIN).stage == "load"
    assert collect(BEGIN, END).stage == "after load"


def test_a_phase_has_the_bounds_of_its_events():
    (phase,) = collect({"event": "ready"}, BEGIN, END).phases
    assert (phase.start_s, phase.end_s, phase.wall_s, phase.cpu_s) == (1.0, 2.0, 0.5, 0.4)


def test_memory_comes_as_quantities():
    rss = {"value": 5.0, "unit": "B", "evidence": "measured"}
    (phase,) = collect(BEGIN, {**END, "memory": {"rss": rss}}).phases
    assert phase.memory["rss"].value == 5.0


def test_unknown_events_are_counted_and_do_no_harm():
    collector = collect({"event": "from the future"}, {"event": "garbage", "text": "x"})
    assert collector.strange == 2


@pytest.mark.parametrize(
    ("status", "log", "outcome", "words"),
    [
        (-6, "", Outcome.CRASH, "SIGABRT"),
        (-9, "", Outcome.CRASH, "dmesg"),
        (-11, "", Outcome.CRASH, "SIGSEGV"),
        (3, "", Outcome.CRASH, "status 3"),
        (0, "", Outcome.CRASH, "without a result"),
        (-6, "what():  std::bad_alloc", Outcome.OUT_OF_MEMORY, "bad_alloc"),
    ],
)
def test_a_process_that_told_no_end_is_judged_by_its_exit(status, log, outcome, words):
    found, failure = verdict(collect(BEGIN), Ending(status, log=log))
    assert found is outcome
    assert words in failure.message
    assert failure.stage == "load"


def test_done_alone_is_not_enough():
    assert verdict(collect({"event": "done"}), Ending(0))[0] is Outcome.OK
    assert verdict(collect({"event": "done"}), Ending(-11))[0] is Outcome.CRASH


def test_what_the_worker_said_of_its_failure_counts():
    told = {
        "event": "failure",
        "outcome": "out_of_memory",
        "stage": "first_image",
        "message": "asked for 2 GiB",
        "details": {"bytes_asked": 2**31},
    }
    outcome, failure = verdict(collect(BEGIN, told), Ending(0))
    assert outcome is Outcome.OUT_OF_MEMORY
    assert failure.details["bytes_asked"] == 2**31


def test_the_tail_of_the_log_goes_with_a_crash():
    _, failure = verdict(collect(BEGIN), Ending(-6, log="terminate called"))
    assert failure.details == {"log": "terminate called", "signal": "SIGABRT"}


def test_a_lost_worker_says_why():
    outcome, failure = verdict(collect(BEGIN), Ending(None, lost="the worker server died"))
    assert (outcome, failure.message) == (Outcome.CRASH, "the worker server died")
