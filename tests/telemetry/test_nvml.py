"""The real pynvml binding on a fake library: what is sampled against the wave that was played."""

import pytest

from profiler.telemetry.energy import window_energy
from profiler.telemetry.gpu import UNITS
from profiler.telemetry.validity import validity_flags
from tests.telemetry.fakes import Play
from tests.telemetry.waves import as_config, energy, power_at

WAVE = ((0.0, 40.0), (1.0, 40.0), (1.2, 180.0), (3.0, 200.0), (3.1, 50.0), (5.0, 50.0))
ALL = as_config(WAVE) + (
    "wave memory 0 1000000000\nwave memory 2 3000000000\n"
    "wave utilisation 0 5\nwave utilisation 1 97\n"
    "wave sm_mhz 0 1410\nwave memory_mhz 0 1593\n"
    "wave temperature 0 41\nwave temperature 2 63\n"
    "wave reasons 0 1\nwave reasons 2 32\n"
    "process 77 5 0 9\nprocess 4242 2500000000 1 9\n"
)


def test_every_sensor_reads_what_was_played(play: Play) -> None:
    seen = play(ALL)
    trace = seen.trace
    assert set(trace.series) == set(UNITS)
    assert trace.units == dict(UNITS)
    assert trace.missing == {}
    assert trace.t_s == pytest.approx([i / 20 for i in range(81)])
    for i, t in enumerate(trace.t_s):
        row = {name: column[i] for name, column in trace.series.items()}
        late = t >= 2.0
        assert row["power_w"] == pytest.approx(power_at(WAVE, t), abs=1e-3)
        assert row["energy_j"] == pytest.approx(5000.0 + energy(WAVE, 0.0, t), abs=2e-3)
        assert row["gpu_memory_bytes"] == (3e9 if late else 1e9)
        assert row["gpu_process_memory_bytes"] == (2.5e9 if t >= 1.0 else None)
        assert row["gpu_utilisation_percent"] == (97.0 if t >= 1.0 else 5.0)
        assert row["sm_clock_hz"] == 1.41e9
        assert row["memory_clock_hz"] == 1.593e9
        assert row["temperature_c"] == (63.0 if late else 41.0)
        assert row["throttle_reasons"] == (32.0 if late else 1.0)
    assert "lists no process 4242" in trace.failed["gpu_process_memory_bytes"]
    assert validity_flags(trace) == ("throttled",)
    assert validity_flags(trace, 0.0, 1.9) == ()


def test_integrated_energy_is_that_of_the_wave(play: Play) -> None:
    trace = play(ALL).trace
    result = window_energy(trace, 0.513, 3.777)
    assert "counter" in result.source
    assert result.value == pytest.approx(energy(WAVE, 0.513, 3.777), rel=0.005)


def test_a_counter_that_refreshes_slowly_stays_within_its_interval(play: Play) -> None:
    trace = play(ALL + "refresh 0.1\n").trace
    result = window_energy(trace, 1.03, 3.46)
    assert result.low is not None
    assert result.high is not None
    assert result.low <= energy(WAVE, 1.03, 3.46) <= result.high


@pytest.mark.parametrize(
    ("config", "without", "reason"),
    [
        ("", ("nvmlDeviceGetTotalEnergyConsumption",), "NVML: Function Not Found"),
        ("fail nvmlDeviceGetTotalEnergyConsumption 3 0 99\n", (), "NVML: Not Supported"),
    ],
)
def test_without_a_counter_the_power_is_integrated(
    play: Play, config: str, without: tuple[str, ...], reason: str
) -> None:
    trace = play(ALL + config, without=without).trace
    assert trace.missing == {"energy_j": reason}
    assert set(trace.series) == set(UNITS) - {"energy_j"}
    result = window_energy(trace, 0.513, 3.777)
    assert "trapezoid" in result.source
    assert result.value == pytest.approx(energy(WAVE, 0.513, 3.777), rel=0.01)


def test_one_sensor_each_may_be_missing(play: Play) -> None:
    config = "".join(
        f"fail nvmlDeviceGet{name} {code} 0 99\n"
        for name, code in (
            ("MemoryInfo", 3),
            ("UtilizationRates", 4),
            ("ClockInfo", 999),
            ("ComputeRunningProcesses_v3", 3),
        )
    )
    trace = play(ALL + config).trace
    assert trace.missing == {
        "gpu_memory_bytes": "NVML: Not Supported",
        "gpu_utilisation_percent": "NVML: Insufficient Permissions",
        "sm_clock_hz": "NVML: Unknown Error",
        "memory_clock_hz": "NVML: Unknown Error",
        "gpu_process_memory_bytes": "NVML: Not Supported",
    }
    assert set(trace.series) == {"power_w", "energy_j", "temperature_c", "throttle_reasons"}


def test_older_and_newer_names_of_a_function_serve_alike(play: Play) -> None:
    names = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetTemperature")
    trace = play(ALL, without=names).trace
    assert trace.missing == {}
    assert trace.series["throttle_reasons"][-1] == 32.0
    assert trace.series["temperature_c"][-1] == 63.0


def test_a_board_lost_midway_keeps_what_was_sampled(play: Play) -> None:
    functions = (
        *("PowerUsage", "TotalEnergyConsumption", "MemoryInfo", "UtilizationRates", "ClockInfo"),
        *("ComputeRunningProcesses_v3", "Temperature", "CurrentClocksEventReasons"),
    )
    lost = "".join(f"fail nvmlDeviceGet{name} 15 1.5 99\n" for name in functions)
    trace = play(ALL + lost).trace
    for name in UNITS:
        assert trace.series[name][31:] == (None,) * 50, name
        assert "GPU is lost" in trace.failed[name]
    assert trace.series["power_w"][20] == pytest.approx(40.0)
    assert window_energy(trace, 0.2, 1.4).value == pytest.approx(energy(WAVE, 0.2, 1.4), rel=0.01)
    after = window_energy(trace, 0.5, 3.0).reason
    assert "not_bracketed" in after


def test_a_fault_that_passes_leaves_a_gap(play: Play) -> None:
    trace = play(ALL + "fail nvmlDeviceGetPowerUsage 10 1.0 1.2\n").trace
    power = trace.series["power_w"]
    assert power[20:24] == (None,) * 4
    assert power[24] is not None
    assert trace.failed["power_w"] == "4 of 81 samples failed: NVML: Timeout"


def test_a_driver_that_is_not_loaded(play: Play) -> None:
    seen = play("fail nvmlInitWithFlags 9 0 1e9\n")
    reason = "NVML is not available: Driver Not Loaded"
    assert seen.trace.missing == dict.fromkeys(UNITS, reason)
    assert seen.info == {"reason": reason}


def test_no_library(play: Play) -> None:
    seen = play("", library=False)
    assert set(seen.trace.missing.values()) == {
        "NVML is not available: NVML Shared Library Not Found"
    }


def test_memory_per_process_that_the_driver_does_not_tell(play: Play) -> None:
    trace = play(as_config(WAVE) + "process 4242 -1 0 99\n", seconds=1.0).trace
    assert "WDDM" in trace.missing["gpu_process_memory_bytes"]
