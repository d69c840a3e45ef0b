"""One cell beside its process: events, telemetry, time-out."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from profiler.orchestrate.collect import Collector
from profiler.orchestrate.launcher import Launcher, WorkerLostError, WorkerProcess, log_tail
from profiler.orchestrate.verdict import Ending
from profiler.records.job import Job
from profiler.records.measurement import Trace
from profiler.telemetry import Sampler
from profiler.worker.protocol import LineBuffer, Message

# A worker says that it has read its job within a second; a machine that swaps may take longer.
_READY_TIMEOUT_S = 120.0
# After its last event a worker only has to exit, and CUDA takes a while to let go.
_EXIT_TIMEOUT_S = 30.0
# The main thread wakes this often, so that Ctrl-C is heard on Windows too.
_WAKE_S = 0.5


@dataclass(frozen=True)
class Watched:
    """What was seen of one process, from `asked_s` to `ended_s` of the monotonic clock.

    `server_start_s` of it went into starting what workers come from.
    """

    events: Collector
    ending: Ending
    trace: Trace
    asked_s: float
    ended_s: float
    sampler_cpu_s: float
    server_start_s: float = 0.0


def watch(launcher: Launcher, job: Job, log: Path, on_phase: Callable[[str], None]) -> Watched:
    """Start a worker on the job and stay with it until it ended, well or not.

    The time-out counts from the moment the worker has read its job. When this function raises
    (Ctrl-C), the worker is dead.
    """
    asked, started_up = time.perf_counter(), launcher.start_up_s
    events = Collector()
    try:
        worker = launcher.start(job, log)
    except WorkerLostError as error:
        now = time.perf_counter()
        return Watched(events, Ending(None, lost=str(error)), Trace(), asked, now, 0.0)
    sampler = Sampler(worker.pid, job.device, job.measure.sample_hz)
    sampler.start()
    try:
        timed_out = _follow(worker, job.measure.timeout_s, events, on_phase)
        status, lost = _end(worker)
    except BaseException:
        worker.kill()
        _end(worker)
        sampler.stop()
        raise
    trace = sampler.stop()
    log_text = "" if events.done and status == 0 else log_tail(log)
    return Watched(
        events=events,
        ending=Ending(status, timed_out, lost, log_text),
        trace=trace,
        asked_s=asked,
        ended_s=time.perf_counter(),
        sampler_cpu_s=sampler.cpu_s,
        server_start_s=launcher.start_up_s - started_up,
    )


def _follow(
    worker: WorkerProcess, timeout_s: float, events: Collector, on_phase: Callable[[str], None]
) -> float | None:
    """Take in events until they end; the time-out in seconds if that ended the worker first."""
    incoming: queue.Queue[Message | None] = queue.Queue()
    threading.Thread(
        target=_read, args=(worker.events, incoming), name="events", daemon=True
    ).start()
    allowed = _READY_TIMEOUT_S
    deadline = time.perf_counter() + allowed
    while True:
        left = deadline - time.perf_counter()
        try:
            message = incoming.get(timeout=max(min(left, _WAKE_S), 0.001))
        except queue.Empty:
            if left <= 0:
                worker.kill()
                return allowed
            continue
        if message is None:
            return None
        name = events.take(message)
        if name == "ready":
            allowed = timeout_s
            deadline = time.perf_counter() + allowed
        elif name == "phase_begin":
            on_phase(events.stage)


def _read(descriptor: int, incoming: queue.Queue[Message | None]) -> None:
    """Put complete messages into the queue, then None; a torn last line is dropped."""
    lines = LineBuffer()
    try:
        while data := os.read(descriptor, 65536):
            for message in lines.feed(data):
                incoming.put(message)
    finally:
        os.close(descriptor)
        incoming.put(None)


def _end(worker: WorkerProcess) -> tuple[int | None, str]:
    """Exit status, and why there is none."""
    try:
        status = worker.wait(_EXIT_TIMEOUT_S)
        if status is None:
            worker.kill()
            status = worker.wait(_EXIT_TIMEOUT_S)
    except WorkerLostError as error:
        return None, str(error)
    return status, "" if status is not None else "the process does not end, even when killed"
