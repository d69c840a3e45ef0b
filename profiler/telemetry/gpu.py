"""The sensors of one NVIDIA board; each stands alone, and one that is missing says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from profiler.devices.nvml import connect, shut_down
from profiler.errors import Unsupported
from profiler.telemetry.instrument import Reading
from profiler.telemetry.nvml import find

# Takes pynvml, the board's handle and the process, gives the value in the series' unit.
Read = Callable[[Any, Any, int], float]


class _NotListedError(Exception):
    """The board is read, but has no figure for this process (yet)."""


def _process_memory(library: Any, board: Any, pid: int) -> float:
    for process in library.nvmlDeviceGetComputeRunningProcesses(board):
        if process.pid == pid:
            if process.usedGpuMemory is None:
                raise _NotListedError("the driver does not tell memory per process (WDDM or MIG)")
            return float(process.usedGpuMemory)
    raise _NotListedError(
        f"the board lists no process {pid}: it has not used the GPU, or runs in a container, "
        "where the board knows it by another number"
    )


def _clock_reasons(library: Any, board: Any, _pid: int) -> float:
    return float(library.nvmlDeviceGetCurrentClocksEventReasons(board))


def _clock_reasons_before_535(library: Any, board: Any, _pid: int) -> float:
    return float(library.nvmlDeviceGetCurrentClocksThrottleReasons(board))


def _temperature(library: Any, board: Any, _pid: int) -> float:
    return float(library.nvmlDeviceGetTemperature(board, library.NVML_TEMPERATURE_GPU))


def _temperature_versioned(library: Any, board: Any, _pid: int) -> float:
    return float(library.nvmlDeviceGetTemperatureV(board, library.NVML_TEMPERATURE_GPU))


@dataclass(frozen=True)
class _Sensor:
    """One series; `reads` are alternatives, of which a driver has at least one."""

    series: str
    unit: str
    reads: tuple[Read, ...]


# Energy and power first, nearest to the time of the sample. Power is what the driver reports: a
# mean over one second on most boards since Ampere, over 10 to 100 ms on others (Z. Yang et al.,
# Part-time Power Measurements, SC 2024).
_SENSORS = (
    _Sensor("energy_j", "J", (lambda lib, b, _: lib.nvmlDeviceGetTotalEnergyConsumption(b) / 1e3,)),
    _Sensor("power_w", "W", (lambda lib, b, _: lib.nvmlDeviceGetPowerUsage(b) / 1e3,)),
    _Sensor("gpu_memory_bytes", "B", (lambda lib, b, _: lib.nvmlDeviceGetMemoryInfo(b).used,)),
    _Sensor("gpu_process_memory_bytes", "B", (_process_memory,)),
    _Sensor(
        "gpu_utilisation_percent",
        "%",
        (lambda lib, b, _: lib.nvmlDeviceGetUtilizationRates(b).gpu,),
    ),
    _Sensor(
        "sm_clock_hz",
        "Hz",
        (lambda lib, b, _: lib.nvmlDeviceGetClockInfo(b, lib.NVML_CLOCK_SM) * 1e6,),
    ),
    _Sensor(
        "memory_clock_hz",
        "Hz",
        (lambda lib, b, _: lib.nvmlDeviceGetClockInfo(b, lib.NVML_CLOCK_MEM) * 1e6,),
    ),
    _Sensor("temperature_c", "degC", (_temperature, _temperature_versioned)),
    _Sensor("throttle_reasons", "bits", (_clock_reasons, _clock_reasons_before_535)),
)
UNITS: Mapping[str, str] = {sensor.series: sensor.unit for sensor in _SENSORS}


class GpuInstrument:
    """All sensors of the board behind `device` ("cuda:0" or a UUID), and the memory of `pid` on it.

    A sensor whose answer will not change (not supported, board lost) is not asked again.
    """

    units = UNITS

    def __init__(self, device: str, pid: int) -> None:
        self._device = device
        self._pid = pid
        self._library: Any = None
        self._board: Any = None
        self._given_up: dict[str, str] = {}
        self._reads = {sensor.series: list(sensor.reads) for sensor in _SENSORS}

    def open(self) -> None:
        """Load NVML and find the board; a failure becomes the reason of every series."""
        try:
            self._library = connect()
            self._board = find(self._library, self._device)
        except Unsupported as error:
            self._given_up = dict.fromkeys(UNITS, str(error))

    def read(self, now_s: float) -> Reading:  # noqa: ARG002 - part of the protocol
        """A value or a reason for every series."""
        return {series: self._read_one(series) for series in UNITS}

    def close(self) -> None:
        """Shut NVML down."""
        if self._library is not None:
            library, self._library = self._library, None
            shut_down(library)

    def _read_one(self, series: str) -> float | str:
        if series in self._given_up:
            return self._given_up[series]
        library, alternatives = self._library, self._reads[series]
        try:
            return float(alternatives[0](library, self._board, self._pid))
        except _NotListedError as error:
            return str(error)
        except AttributeError as error:
            # An nvidia-ml-py that does not know this function: like a driver without it.
            reason, final, absent = f"nvidia-ml-py: {error}", True, True
        except library.NVMLError as error:
            reason = f"NVML: {error}"
            final = error.value in _final_errors(library)
            absent = error.value == library.NVML_ERROR_FUNCTION_NOT_FOUND
        if absent and len(alternatives) > 1:
            del alternatives[0]
            return self._read_one(series)
        if final:
            self._given_up[series] = reason
        return reason


def _final_errors(library: Any) -> set[int]:
    """Errors after which asking again is of no use; time-outs and the like may pass."""
    return {
        library.NVML_ERROR_UNINITIALIZED,
        library.NVML_ERROR_INVALID_ARGUMENT,
        library.NVML_ERROR_NOT_SUPPORTED,
        library.NVML_ERROR_NO_PERMISSION,
        library.NVML_ERROR_FUNCTION_NOT_FOUND,
        library.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
        library.NVML_ERROR_GPU_IS_LOST,
        library.NVML_ERROR_DRIVER_NOT_LOADED,
    }
