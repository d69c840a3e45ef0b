"""A thread beside the measured process that reads the instruments at a steady rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence

from profiler.records.measurement import Trace
from profiler.telemetry.clock import Clock, SteadyClock
from profiler.telemetry.gpu import UNITS as GPU_UNITS
from profiler.telemetry.gpu import GpuInstrument
from profiler.telemetry.host import HostInstrument
from profiler.telemetry.instrument import CPU_DEVICE, Absent, Instrument, Reading
from profiler.telemetry.rapl import RaplInstrument

_JOIN_TIMEOUT_S = 10.0


def instruments_for(pid: int, device: str) -> list[Instrument]:
    """The instruments of a process on a device ("cpu", "cuda:N", or "GPU-..." as NVML has it).

    The board comes first: its sensors change fastest, and they are read nearest the sample's time.
    """
    board: Instrument
    board = Absent(GPU_UNITS, CPU_DEVICE) if device == "cpu" else GpuInstrument(device, pid)
    return [board, RaplInstrument(), HostInstrument(pid)]


class Sampler:
    """Samples a process and its device from `start()` to `stop()`, which gives the Trace.

    Ticks lie at fixed times after the start, so that a late one does not shift the others; ticks
    that pass while a sample is being taken are skipped and counted in `missed`. Every sample has
    its true time, and the last is taken after `stop` was called, so that windows which ended
    before are enclosed by samples.

    `cpu_s` is the processor time of the sampling thread, `wall_s` the time spent in readings: the
    sampler's own cost. Also a context manager.
    """

    def __init__(
        self,
        pid: int,
        device: str,
        hz: float = 20.0,
        instruments: Sequence[Instrument] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not hz > 0.0:
            raise ValueError(f"a sampling rate is positive, not {hz}")
        self.cpu_s = 0.0
        self.wall_s = 0.0
        self.missed = 0
        self._period_s = 1.0 / hz
        self._instruments = (
            instruments_for(pid, device) if instruments is None else list(instruments)
        )
        self._clock: Clock = clock or SteadyClock()
        self._columns = _Columns(self._instruments)
        self._thread = threading.Thread(target=self._run, name="sdprof-sampler", daemon=True)
        self._started = False

    def start(self) -> Sampler:
        """Open the instruments and begin; returns itself. A sampler runs once."""
        self._started = True
        for instrument in self._instruments:
            try:
                instrument.open()
            except Exception as error:  # noqa: BLE001 - becomes the reason of each of its series
                self._columns.give_up(instrument, f"{type(error).__name__}: {error}")
        self._thread.start()
        return self

    def stop(self) -> Trace:
        """Take a last sample, end the thread and give everything sampled; may be called again."""
        self._clock.stop()
        if self._started:
            # A driver that hangs in a call must not hang the bench: the thread is a daemon.
            self._thread.join(_JOIN_TIMEOUT_S)
        return self._columns.trace()

    def __enter__(self) -> Sampler:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        began_cpu = time.thread_time()
        began, tick = self._clock.now(), 0
        stopped = False
        while not stopped:
            self._sample()
            self.cpu_s = time.thread_time() - began_cpu
            # The tick whose time comes next; a whole one that has passed is not made up for.
            passed = (self._clock.now() - began) / self._period_s
            following = max(tick + 1, math.ceil(passed - 1e-6))
            self.missed += following - tick - 1
            tick = following
            stopped = self._clock.wait_until(began + tick * self._period_s)
        self._sample()
        for instrument in self._instruments:
            instrument.close()
        self.cpu_s = time.thread_time() - began_cpu

    def _sample(self) -> None:
        began = self._clock.now()
        readings: list[Reading] = []
        for instrument in self._columns.working(self._instruments):
            try:
                readings.append(instrument.read(began))
            except Exception as error:  # noqa: BLE001 - becomes the reason of each of its series
                reason = f"{type(error).__name__}: {error}"
                readings.append(dict.fromkeys(instrument.units, reason))
        self._columns.add(began, readings)
        self.wall_s += self._clock.now() - began


class _Columns:
    """Samples as they come in, aligned by time, and the reasons for those that failed."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._units = {
            name: unit for instrument in instruments for name, unit in instrument.units.items()
        }
        self._times: list[float] = []
        self._values: dict[str, list[float | None]] = {name: [] for name in self._units}
        self._reasons: dict[str, str] = {}
        self._dead: set[int] = set()
        self._lock = threading.Lock()

    def give_up(self, instrument: Instrument, reason: str) -> None:
        """Never read this instrument: opening it failed."""
        self._dead.add(id(instrument))
        self._reasons.update(dict.fromkeys(instrument.units, reason))

    def working(self, instruments: Sequence[Instrument]) -> list[Instrument]:
        """Those that were opened."""
        return [instrument for instrument in instruments if id(instrument) not in self._dead]

    def add(self, time_s: float, readings: Sequence[Reading]) -> None:
        """One row; a second one at the very same time is dropped."""
        row = {name: value for reading in readings for name, value in reading.items()}
        with self._lock:
            if self._times and time_s <= self._times[-1]:
                return
            self._times.append(time_s)
            for name, column in self._values.items():
                value = row.get(name)
                if isinstance(value, str):
                    self._reasons[name] = value
                    value = None
                elif value is not None and not math.isfinite(value):
                    self._reasons[name] = f"the sensor gave {value}"
                    value = None
                column.append(value)

    def trace(self) -> Trace:
        """Everything so far: series with at least one value; the others by their reasons."""
        with self._lock:
            series, missing, failed = {}, {}, {}
            for name, column in self._values.items():
                lacking = column.count(None)
                reason = self._reasons.get(name, "")
                if lacking == len(column):
                    missing[name] = reason or "no sample was taken"
                    continue
                series[name] = tuple(column)
                if reason:
                    failed[name] = f"{lacking} of {len(column)} samples failed: {reason}"
            units = {name: self._units[name] for name in series}
            return Trace(tuple(self._times), series, units, missing, failed)
