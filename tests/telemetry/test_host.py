"""psutil's figures of real processes: this one, one that works, one that ends."""

import os
import subprocess
import sys

import psutil
import pytest

from profiler.telemetry.host import UNITS, HostInstrument


def reading(instrument: HostInstrument, now_s: float) -> dict[str, float | str]:
    return dict(instrument.read(now_s))


def test_this_process() -> None:
    host = HostInstrument(os.getpid())
    host.open()
    first, second = reading(host, 0.0), reading(host, 1.0)
    assert set(first) == {"rss_bytes", "host_memory_bytes"}
    assert set(second) == set(UNITS)
    resident, used = second["rss_bytes"], second["host_memory_bytes"]
    assert isinstance(resident, float)
    assert isinstance(used, float)
    assert resident == pytest.approx(psutil.Process().memory_info().rss, rel=0.5)
    assert 0 < used < psutil.virtual_memory().total


def test_load_is_the_processor_time_over_the_time_between_samples() -> None:
    host = HostInstrument(os.getpid())
    host.open()
    reading(host, 10.0)
    before = sum(psutil.Process().cpu_times()[:2])
    while sum(psutil.Process().cpu_times()[:2]) < before + 0.1:
        pass
    # At least 0.1 s of work in what the sampler is told were 0.5 s.
    load = reading(host, 10.5)["cpu_percent"]
    assert isinstance(load, float)
    assert load > 19.9
    again = reading(host, 10.5)
    assert "cpu_percent" not in again


def test_a_process_that_ended_but_was_not_asked_after_has_no_memory() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host = HostInstrument(child.pid)
    host.open()
    assert isinstance(reading(host, 0.0)["rss_bytes"], float)
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, still in the process table
    after = reading(host, 1.0)
    assert after["rss_bytes"] == after["cpu_percent"] == f"process {child.pid} has ended"
    assert isinstance(after["host_memory_bytes"], float)
    child.wait()
    assert reading(host, 2.0)["rss_bytes"] == f"process {child.pid} has ended"


def test_a_process_that_ended_and_was_cleared_away() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host = HostInstrument(child.pid)
    host.open()
    assert isinstance(reading(host, 0.0)["rss_bytes"], float)
    child.communicate()
    assert reading(host, 1.0)["rss_bytes"] == f"process {child.pid} has ended"


def test_a_process_that_may_not_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    host = HostInstrument(os.getpid())
    host.open()
    # `oneshot` reads ahead, and is the first to be refused.
    monkeypatch.setattr(psutil.Process, "oneshot", deny)
    denied = reading(host, 0.0)
    assert "does not let this user" in str(denied["rss_bytes"])
    assert isinstance(denied["host_memory_bytes"], float)


def test_a_process_that_never_was() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    host = HostInstrument(child.pid)
    host.open()
    assert "no process" in str(reading(host, 0.0)["rss_bytes"])
