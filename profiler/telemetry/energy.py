"""Energy and power within a time window of a Trace, with the error that the window's edges bring.

A sensor that refreshes every T_u seconds places each edge of a window anywhere within one refresh.
Two such edges, uniform and independent, have a standard deviation of T_u / sqrt(6) = 0.41 T_u, so
the energy of a window at mean power P is uncertain by 1.96 * 0.41 * T_u * P at 95 %: 8 % of one
second, 0.8 % of ten, at the 0.1 s of NVIDIA's sensors.

The gain of a sensor is a matter of the single board (up to about 5 %: Z. Yang et al., Part-time
Power Measurements, SC 2024). It cancels between measurements on one board and is not included.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from profiler.records.measurement import ImageRun, Trace
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.stats.intervals import mean_interval, median
from profiler.telemetry.instrument import CPU_DEVICE

_EDGE_SD = 1.0 / math.sqrt(6.0)
_Z95 = 1.96
# NVIDIA's counter and power sensor refresh about every 100 ms on most generations.
_NVML_REFRESH_S = 0.1
# A window of fewer refreshes than this is more error than figure.
_MIN_REFRESHES = 10
# Samples further apart than this many usual intervals, and this time, leave a gap.
_GAP_INTERVALS, _GAP_S = 5, 0.5
# So many parts of the warm runs are compared for repeatability.
_PARTS = 5


class EnergyReason(StrEnum):
    """Why a window has no energy: codes within the reason of the quantity."""

    SENSOR_MISSING = "sensor_missing"
    TOO_SHORT = "too_short"
    NOT_BRACKETED = "not_bracketed"
    GAP = "gap"
    FROZEN = "frozen"
    BACKWARDS = "backwards"


class _NoEnergyError(Exception):
    def __init__(self, code: EnergyReason, words: str) -> None:
        super().__init__(f"{code.value}: {words}")


@dataclass(frozen=True)
class _Sensor:
    """Which series stands for a kind of device, and how often it refreshes at best."""

    counter: str
    power: str
    name: str
    refresh_s: float


_BOARD = _Sensor("energy_j", "power_w", "GPU board sensor (NVML)", _NVML_REFRESH_S)
_PROCESSOR = _Sensor("cpu_energy_j", "", "processor packages (RAPL)", 0.0)


def window_energy(trace: Trace, start_s: float, end_s: float, device: str = "") -> Quantity:
    """Joules between two times, from the energy counter, else from power by the trapezoid rule.

    Both are interpolated linearly at the edges. `device` ("cpu", "cuda:0") chooses the sensors of
    the processor or of the board; by default the trace tells which device was sampled. Where the
    energy cannot be had, the reason has a code of EnergyReason for each sensor that was tried.
    """
    sensor = _sensor_of(trace, device)
    reasons = []
    for series, method in ((sensor.counter, _from_counter), (sensor.power, _from_power)):
        if not series:
            continue
        try:
            return method(trace, series, (start_s, end_s), sensor)
        except _NoEnergyError as error:
            reasons.append(str(error))
    return unavailable("J", "; ".join(dict.fromkeys(reasons)))


def energy_figures(
    trace: Trace, runs: Sequence[ImageRun], batch_size: int, device: str = ""
) -> dict[str, Quantity]:
    """energy_j_per_image (J), mean_power_w (W) and peak_power_w (W) over the warm runs.

    The window reaches from the start of the first warm run to the end of the last. The interval of
    the energy joins the edges' error with the spread between five parts of the runs, where these
    are long enough.
    """
    warm = sorted((run for run in runs if run.warm), key=lambda run: run.start_s)
    if not warm:
        why = "no warm run was timed"
        return {
            "energy_j_per_image": unavailable("J", why),
            "mean_power_w": unavailable("W", why),
            "peak_power_w": unavailable("W", why),
        }
    start_s, end_s = warm[0].start_s, warm[-1].end_s
    total = window_energy(trace, start_s, end_s, device)
    per_second = 1.0 / (end_s - start_s) if end_s > start_s else 1.0
    return {
        "energy_j_per_image": _per_image(trace, warm, batch_size, total, device),
        "mean_power_w": total.scaled(per_second, "W"),
        "peak_power_w": _peak_power(trace, start_s, end_s, device),
    }


def _sensor_of(trace: Trace, device: str) -> _Sensor:
    on_cpu = device == "cpu" or (not device and trace.missing.get(_BOARD.power) == CPU_DEVICE)
    return _PROCESSOR if on_cpu else _BOARD


def _from_counter(
    trace: Trace, series: str, window: tuple[float, float], sensor: _Sensor
) -> Quantity:
    times, values = _samples(trace, series)
    spacing = _interval([times[i] for i in _changes(times, values)])
    refresh_s = max(sensor.refresh_s, _interval(times), spacing)
    first, last = _enclosing(times, series, window, refresh_s)
    _refuse_gaps(times, series, (first, first + 1, last - 1, last))
    _refuse_dead(times[first : last + 1], values[first : last + 1], series, refresh_s)
    if spacing > 1.5 * _interval(times):
        times, values = _at_refreshes(times, values)
    joules = _at(window[1], times, values) - _at(window[0], times, values)
    return _with_edges(joules, window, refresh_s, f"energy counter, {sensor.name}")


def _changes(times: Sequence[float], values: Sequence[float]) -> list[int]:
    """Indices of the samples that are the first with a new value, if the one before is near."""
    near = 1.5 * _interval(times)
    return [
        i
        for i in range(1, len(values))
        if values[i] != values[i - 1] and times[i] - times[i - 1] <= near
    ]


def _at_refreshes(
    times: Sequence[float], values: Sequence[float]
) -> tuple[list[float], list[float]]:
    """The points of a counter at which it refreshed, as well as the samples tell.

    Between its refreshes a counter is behind the truth, by half a refresh on average: energy would
    be missing from a window that begins at rest and ends at work. The ends go on at the last rate.
    """
    changes = _changes(times, values)
    points = [((times[i - 1] + times[i]) / 2.0, values[i]) for i in changes]
    (t0, v0), (t1, v1) = points[:2]
    (t2, v2), (t3, v3) = points[-2:]
    front = v0 - (v1 - v0) / (t1 - t0) * (t0 - times[0])
    back = v3 + (v3 - v2) / (t3 - t2) * (times[-1] - t3)
    points = [(times[0], front), *points, (times[-1], back)]
    return [t for t, _ in points], [v for _, v in points]


def _refuse_dead(
    times: Sequence[float], values: Sequence[float], series: str, refresh_s: float
) -> None:
    """A counter within its window must never fall, nor stand still for many refreshes."""
    still_since = times[0]
    for i, (before, after) in enumerate(pairwise(values), start=1):
        if after < before:
            raise _NoEnergyError(EnergyReason.BACKWARDS, f"{series} fell within the window")
        if after > before:
            still_since = times[i]
        elif times[i] - still_since > max(_GAP_INTERVALS * refresh_s, _GAP_S):
            raise _NoEnergyError(
                EnergyReason.FROZEN,
                f"{series} stood still within the window, from {still_since:.2f} s",
            )


def _from_power(
    trace: Trace, series: str, window: tuple[float, float], sensor: _Sensor
) -> Quantity:
    times, values = _samples(trace, series)
    refresh_s = max(sensor.refresh_s, _interval(times))
    first, last = _enclosing(times, series, window, refresh_s)
    _refuse_gaps(times, series, range(first, last + 1))
    start_s, end_s = window
    inside = [
        (start_s, _at(start_s, times, values)),
        *((t, p) for t, p in zip(times, values, strict=True) if start_s < t < end_s),
        (end_s, _at(end_s, times, values)),
    ]
    joules = math.fsum((b[0] - a[0]) * (a[1] + b[1]) / 2.0 for a, b in pairwise(inside))
    return _with_edges(joules, window, refresh_s, f"power by the trapezoid rule, {sensor.name}")


def _with_edges(
    joules: float, window: tuple[float, float], refresh_s: float, source: str
) -> Quantity:
    half = _Z95 * _EDGE_SD * refresh_s * joules / (window[1] - window[0])
    return measured(joules, "J", joules - half, joules + half, source)


def _samples(trace: Trace, series: str) -> tuple[list[float], list[float]]:
    """Times and values of the samples that were read."""
    if series not in trace.series:
        why = trace.missing.get(series, f"{series} was not sampled")
        raise _NoEnergyError(EnergyReason.SENSOR_MISSING, why)
    pairs = [(t, v) for t, v in zip(trace.t_s, trace.series[series], strict=True) if v is not None]
    return [t for t, _ in pairs], [v for _, v in pairs]


def _interval(times: Sequence[float]) -> float:
    return median([b - a for a, b in pairwise(times)]) if len(times) > 1 else 0.0


def _enclosing(
    times: Sequence[float], series: str, window: tuple[float, float], refresh_s: float
) -> tuple[int, int]:
    """Indices of the last sample at or before the start and the first at or after the end."""
    start_s, end_s = window
    if end_s - start_s < (1.0 - 1e-9) * _MIN_REFRESHES * refresh_s or end_s <= start_s:
        raise _NoEnergyError(
            EnergyReason.TOO_SHORT,
            f"{series} refreshes every {refresh_s:.2g} s, a window of {end_s - start_s:.3g} s "
            f"needs to last {_MIN_REFRESHES} refreshes",
        )
    first, last = bisect_right(times, start_s) - 1, bisect_left(times, end_s)
    if first < 0 or last == len(times):
        side = "before its start" if first < 0 else "after its end"
        raise _NoEnergyError(EnergyReason.NOT_BRACKETED, f"{series} has no sample {side}")
    return first, last


def _refuse_gaps(times: Sequence[float], series: str, indices: Sequence[int]) -> None:
    """Neighbours among `indices` must lie close; a counter is asked at the edges only."""
    longest = max(_GAP_INTERVALS * _interval(times), _GAP_S)
    for a, b in pairwise(indices):
        if b == a + 1 and times[b] - times[a] > longest:
            raise _NoEnergyError(
                EnergyReason.GAP, f"{series} was not read for {times[b] - times[a]:.2g} s"
            )


def _at(time_s: float, times: Sequence[float], values: Sequence[float]) -> float:
    """Linear interpolation; the time lies within the samples."""
    right = bisect_left(times, time_s)
    if times[right] == time_s:
        return values[right]
    share = (time_s - times[right - 1]) / (times[right] - times[right - 1])
    return values[right - 1] + share * (values[right] - values[right - 1])


def _per_image(
    trace: Trace, warm: Sequence[ImageRun], batch_size: int, total: Quantity, device: str
) -> Quantity:
    if total.value is None or total.high is None:
        return total
    images = len(warm) * batch_size
    value, half = total.value / images, (total.high - total.value) / images
    source = f"{total.source}; {images} images"
    parts = _parts(trace, warm, batch_size, device)
    if parts:
        mean, _, high = mean_interval(parts)
        half = math.hypot(half, (high or mean) - mean)
        source += f", spread of {len(parts)} windows included"
    return measured(value, "J", value - half, value + half, source)


def _parts(trace: Trace, warm: Sequence[ImageRun], batch_size: int, device: str) -> list[float]:
    """Joules per image of consecutive parts of the runs; none where a part is too short."""
    if len(warm) < _PARTS:
        return []
    cuts = [len(warm) * part // _PARTS for part in range(_PARTS + 1)]
    parts = []
    for a, b in pairwise(cuts):
        # Up to the start of the next part, so that the parts add up to the whole.
        end_s = warm[b].start_s if b < len(warm) else warm[-1].end_s
        energy = window_energy(trace, warm[a].start_s, end_s, device)
        if energy.value is None:
            return []
        parts.append(energy.value / ((b - a) * batch_size))
    return parts


def _peak_power(trace: Trace, start_s: float, end_s: float, device: str) -> Quantity:
    sensor = _sensor_of(trace, device)
    if not sensor.power:
        return unavailable("W", "the processor has an energy counter, but no power sensor")
    try:
        times, values = _samples(trace, sensor.power)
    except _NoEnergyError as error:
        return unavailable("W", str(error))
    inside = [p for t, p in zip(times, values, strict=True) if start_s <= t <= end_s]
    if not inside:
        return unavailable("W", f"{sensor.power} has no sample in the window")
    return measured(max(inside), "W", source=f"highest of {len(inside)} samples, {sensor.name}")
