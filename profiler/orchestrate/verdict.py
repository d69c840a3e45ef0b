"""How a cell ended, from its last events and from how its process went."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from profiler.orchestrate.collect import Collector
from profiler.records.cell import Scalar
from profiler.records.measurement import Failure, Outcome


@dataclass(frozen=True)
class Ending:
    """How the process of a cell went.

    `status` is its exit status, minus the signal's number if one ended it; None where nobody could
    tell, and `lost` then says why. `log` is the tail of its stdout and stderr.
    """

    status: int | None
    timed_out_after_s: float | None = None
    lost: str = ""
    log: str = ""


def verdict(events: Collector, ending: Ending) -> tuple[Outcome, Failure | None]:
    """The outcome, and where and why it failed if it did."""
    if ending.timed_out_after_s is not None:
        text = f"no result after {ending.timed_out_after_s:g} s (measure.timeout)"
        return Outcome.TIMEOUT, Failure(events.stage, text, _details(ending))
    if events.failure is not None and events.outcome is not None:
        return events.outcome, events.failure
    if events.done and ending.status == 0:
        return Outcome.OK, None
    return _crash(events, ending)


def _crash(events: Collector, ending: Ending) -> tuple[Outcome, Failure]:
    details = _details(ending)
    if ending.status is None:
        return Outcome.CRASH, Failure(events.stage, ending.lost or "the worker is lost", details)
    # A failed allocation in C++ ends in abort(); libstdc++ says why on stderr.
    if "std::bad_alloc" in ending.log:
        return Outcome.OUT_OF_MEMORY, Failure(
            events.stage, "out of memory in native code (std::bad_alloc)", details
        )
    if ending.status < 0:
        name = signal_name(-ending.status)
        text = f"the process was ended by {name}"
        if name == "SIGKILL":
            text += "; if nobody killed it, the kernel's OOM killer did: see `dmesg | grep -i oom`"
        return Outcome.CRASH, Failure(events.stage, text, {**details, "signal": name})
    text = f"the process exited with status {ending.status} without a result"
    return Outcome.CRASH, Failure(events.stage, text, {**details, "status": ending.status})


def signal_name(number: int) -> str:
    """For 6 SIGABRT; a number that has no name here stays a number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _details(ending: Ending) -> dict[str, Scalar]:
    return {"log": ending.log} if ending.log else {}
