"""Memory and load of the measured process and of its machine, through psutil."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from profiler.telemetry.instrument import Reading

UNITS: Mapping[str, str] = {
    "rss_bytes": "B",
    "cpu_percent": "%",
    "host_memory_bytes": "B",
    "host_cpu_percent": "%",
}


class HostInstrument:
    """The process (100 % is one core) and the whole machine (100 % is all cores).

    `rss_bytes` is resident memory, `host_memory_bytes` what is not available to new programs. Both
    loads are those since the sample before, so that the first sample has none.
    """

    units = UNITS

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._process: psutil.Process | None = None
        self._ended = f"no process {pid} when sampling began"
        self._before: tuple[float, float] | None = None
        self._host_load_ready = False

    def open(self) -> None:
        """Find the process; it may have ended already."""
        try:
            self._process = psutil.Process(self._pid)
        except psutil.NoSuchProcess:
            self._process = None

    def read(self, now_s: float) -> Reading:
        """One sample of both; the process that has ended leaves the machine's figures."""
        return {**self._read_process(now_s), **self._read_host()}

    def close(self) -> None:
        """Nothing to let go of."""
        self._process = None

    def _read_process(self, now_s: float) -> dict[str, float | str]:
        if self._process is None:
            return {"rss_bytes": self._ended, "cpu_percent": self._ended}
        try:
            with self._process.oneshot():
                resident = float(self._process.memory_info().rss)
                times = self._process.cpu_times()
        except psutil.NoSuchProcess:
            resident = 0.0
        except psutil.AccessDenied:
            denied = f"the system does not let this user look at process {self._pid}"
            return {"rss_bytes": denied, "cpu_percent": denied}
        # One that has ended and that its parent has not yet asked after has no memory at all.
        if resident == 0.0:
            self._process = None
            self._ended = f"process {self._pid} has ended"
            return {"rss_bytes": self._ended, "cpu_percent": self._ended}
        busy, before = times.user + times.system, self._before
        self._before = (now_s, busy)
        if before is None or now_s <= before[0]:
            return {"rss_bytes": resident}
        load = 100.0 * (busy - before[1]) / (now_s - before[0])
        return {"rss_bytes": resident, "cpu_percent": load}

    def _read_host(self) -> dict[str, float | str]:
        memory = psutil.virtual_memory()
        reading: dict[str, float | str] = {
            "host_memory_bytes": float(memory.total - memory.available)
        }
        # psutil keeps the times of the call before, per thread; its first answer means nothing.
        load = psutil.cpu_percent(interval=None)
        if self._host_load_ready:
            reading["host_cpu_percent"] = load
        self._host_load_ready = True
        return reading
