"""Was the board throttled: shares of the samples in which each reason held its clocks back."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.records.measurement import Trace
from profiler.records.quantity import Quantity, measured, unavailable

# Bits of nvmlDeviceGetCurrentClocksEventReasons (NVML API reference, clocks event reasons).
REASONS: Mapping[str, int] = {
    "idle": 0x1,
    "application_clocks": 0x2,
    "power_cap": 0x4,
    "hardware_slowdown": 0x8,
    "sync_boost": 0x10,
    "software_thermal": 0x20,
    "hardware_thermal": 0x40,
    "power_brake": 0x80,
    "display_clocks": 0x100,
}
# Heat and power brake make a timing say something about the cooling. The power cap is the normal
# state of small and of boosting boards, so it is told in the shares and flags nothing.
_THROTTLED = 0x8 | 0x20 | 0x40 | 0x80
_TOLERATED_SHARE = 0.01


def throttle_shares(
    trace: Trace, start_s: float | None = None, end_s: float | None = None
) -> dict[str, Quantity]:
    """Share of the samples (0 to 1) with each reason, by name, within the window if one is given.

    "throttled" is the share with any reason of heat or power brake. Unavailable with the reason
    where the board gave no samples.
    """
    bits = _bits(trace, start_s, end_s)
    masks = {**REASONS, "throttled": _THROTTLED}
    if not bits:
        reason = trace.missing.get("throttle_reasons", "no sample lies in the window")
        return {name: unavailable("1", reason) for name in masks}
    return {
        name: measured(
            sum(bool(value & mask) for value in bits) / len(bits),
            "1",
            source=f"{len(bits)} samples of NVML's clocks event reasons",
        )
        for name, mask in masks.items()
    }


def validity_flags(
    trace: Trace, start_s: float | None = None, end_s: float | None = None
) -> tuple[str, ...]:
    """("throttled",) where more than 1 % of the samples were slowed by heat or power brake."""
    share = throttle_shares(trace, start_s, end_s)["throttled"]
    return ("throttled",) if (share.value or 0.0) > _TOLERATED_SHARE else ()


def _bits(trace: Trace, start_s: float | None, end_s: float | None) -> list[int]:
    series = trace.series.get("throttle_reasons", ())
    return [
        int(value)
        for time_s, value in zip(trace.t_s, series, strict=False)
        if value is not None
        and (start_s is None or time_s >= start_s)
        and (end_s is None or time_s <= end_s)
    ]
