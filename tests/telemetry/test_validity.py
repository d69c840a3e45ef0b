"""Which clock reasons flag a measurement."""

import pytest

from profiler.records.measurement import Trace
from profiler.telemetry.validity import throttle_shares, validity_flags


def trace(*bits: float | None) -> Trace:
    return Trace(tuple(float(i) for i in range(len(bits))), {"throttle_reasons": bits})


@pytest.mark.parametrize("bit", [0x8, 0x20, 0x40, 0x80])
def test_heat_and_brake_flag_above_one_percent(bit: int) -> None:
    assert validity_flags(trace(*[0.0] * 98, bit, bit)) == ("throttled",)
    assert validity_flags(trace(*[0.0] * 99, bit)) == ()


@pytest.mark.parametrize("bit", [0x1, 0x2, 0x4, 0x10, 0x100])
def test_the_other_reasons_flag_nothing(bit: int) -> None:
    assert validity_flags(trace(*[bit] * 50)) == ()


def test_shares_by_name() -> None:
    shares = throttle_shares(trace(0x4, 0x4 | 0x20, 0x0, None, 0x40))
    values = {name: share.value for name, share in shares.items() if share.value}
    assert values == {
        "power_cap": 0.5,
        "software_thermal": 0.25,
        "hardware_thermal": 0.25,
        "throttled": 0.5,
    }
    assert "4 samples" in shares["throttled"].source


def test_only_the_window_counts() -> None:
    sampled = trace(0x8, 0x0, 0x0, 0x0)
    assert validity_flags(sampled, 1.0, 3.0) == ()
    assert validity_flags(sampled, 0.0, 1.0) == ("throttled",)
    assert "window" in throttle_shares(sampled, 9.0, 10.0)["throttled"].reason


def test_no_sensor_gives_the_reason_and_no_flag() -> None:
    blind = Trace(missing={"throttle_reasons": "Not Supported"})
    assert throttle_shares(blind)["throttled"].reason == "Not Supported"
    assert validity_flags(blind) == ()
