"""The sampling loop on a clock that only waiting moves, and once on the real one."""

import math
import os
import threading

import pytest

from profiler.telemetry.instrument import CPU_DEVICE
from profiler.telemetry.sampler import Sampler, instruments_for
from tests.telemetry.fakes import FakeClock, Played


def sample(instrument: Played, clock: FakeClock, hz: float = 10.0) -> Sampler:
    sampler = Sampler(1, "cpu", hz, instruments=[instrument], clock=clock)
    sampler.start()
    return sampler


def test_ticks_lie_at_fixed_times_and_values_are_those_of_the_time() -> None:
    clock = FakeClock(end=1005.0, start=1000.0)
    trace = sample(Played({"wave": math.sin}), clock).stop()
    assert trace.t_s == pytest.approx([1000 + i / 10 for i in range(51)])
    assert trace.series["wave"] == pytest.approx([math.sin(t) for t in trace.t_s])
    assert trace.units == {"wave": "x"}
    assert trace.missing == trace.failed == {}


def test_the_cost_of_reading_does_not_shift_the_ticks() -> None:
    clock = FakeClock(end=5.0)
    sampler = sample(Played({"x": lambda t: t}, clock, cost_s=lambda _: 0.03), clock)
    trace = sampler.stop()
    assert trace.t_s[:50] == pytest.approx([i / 10 for i in range(50)])
    assert sampler.missed == 0
    assert sampler.wall_s == pytest.approx(0.03 * 51)


def test_ticks_that_pass_during_a_slow_reading_are_skipped_and_counted() -> None:
    clock = FakeClock(end=2.0)
    slow = Played({"x": lambda t: t}, clock, cost_s=lambda t: 0.35 if abs(t - 1.0) < 1e-9 else 0.0)
    sampler = sample(slow, clock)
    trace = sampler.stop()
    assert sampler.missed == 3
    expected = [i / 10 for i in range(11)] + [i / 10 for i in range(14, 21)]
    assert trace.t_s == pytest.approx(expected)


def test_an_always_slow_instrument_leaves_a_rest_between_readings() -> None:
    clock = FakeClock(end=3.0)
    trace = sample(Played({"x": lambda t: t}, clock, cost_s=lambda _: 0.15), clock).stop()
    assert trace.t_s[:5] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


def test_a_sample_is_taken_after_stop() -> None:
    clock = FakeClock(end=0.55)
    assert sample(Played({"x": lambda t: t}), clock).stop().t_s[-1] == 0.55


def test_words_become_reasons_and_never_numbers() -> None:
    series = {
        "good": lambda t: t,
        "never": lambda _: "not supported",
        "lost": lambda t: 7.0 if t < 0.45 else "GPU is lost",
        "odd": lambda t: math.nan if t > 0.75 else t,
    }
    trace = sample(Played(series), FakeClock(end=0.9)).stop()
    assert trace.missing == {"never": "not supported"}
    assert set(trace.series) == {"good", "lost", "odd"}
    assert trace.series["lost"] == (7.0,) * 5 + (None,) * 5
    assert trace.failed["lost"] == "5 of 10 samples failed: GPU is lost"
    assert trace.series["odd"][-1] is None
    assert "nan" in trace.failed["odd"]


def test_a_name_left_out_is_no_failure() -> None:
    class Rate(Played):
        def read(self, now_s: float) -> dict[str, float | str]:
            return {} if now_s == 0.0 else {"rate": now_s}

    trace = sample(Rate({"rate": lambda t: t}), FakeClock(end=0.5)).stop()
    assert trace.series["rate"][0] is None
    assert trace.failed == {}


def test_an_instrument_that_raises_stops_neither_the_thread_nor_the_others() -> None:
    def broken(now_s: float) -> float:
        raise OSError("sensor bus")

    clock = FakeClock(end=0.5)
    bad, good = Played({"bad": broken}), Played({"good": lambda t: t})
    trace = Sampler(1, "cpu", 10, instruments=[bad, good], clock=clock).start().stop()
    assert trace.missing == {"bad": "OSError: sensor bus"}
    assert len(trace.series["good"]) == 6
    assert (bad.closed, good.closed) == (1, 1)


def test_an_instrument_that_cannot_be_opened_is_not_read() -> None:
    class Locked(Played):
        def open(self) -> None:
            raise PermissionError("locked")

    trace = sample(Locked({"x": lambda t: t}), FakeClock(end=0.5)).stop()
    assert trace.missing == {"x": "PermissionError: locked"}


def test_stop_may_be_called_twice_or_without_start() -> None:
    sampler = sample(Played({"x": lambda t: t}), FakeClock(end=0.5))
    assert sampler.stop() == sampler.stop()
    idle = Sampler(1, "cpu", instruments=[Played({"x": lambda t: t})])
    assert idle.stop().missing == {"x": "no sample was taken"}


def test_the_board_is_read_first_and_a_processor_has_none() -> None:
    kinds = [[type(i).__name__ for i in instruments_for(1, d)] for d in ("cuda:0", "cpu")]
    assert kinds[0] == ["GpuInstrument", "RaplInstrument", "HostInstrument"]
    assert kinds[1] == ["Absent", "RaplInstrument", "HostInstrument"]


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="rate"):
        Sampler(1, "cpu", 0.0)


def test_on_the_real_clock_with_the_real_instruments_of_a_processor() -> None:
    """Waits for samples, not for time; `stop` must wake a sampler that sleeps for an hour."""
    sampler = Sampler(os.getpid(), "cpu", hz=1 / 3600)
    with sampler:
        pass
    trace = sampler.stop()
    assert len(trace.t_s) == 2
    resident = trace.series["rss_bytes"][0]
    assert resident is not None
    assert 1e6 < resident < 1e12
    assert trace.missing["power_w"] == CPU_DEVICE
    assert "cpu_energy_j" in {**trace.missing, **trace.series}
    assert sampler.wall_s > 0.0
    assert "sdprof-sampler" not in {thread.name for thread in threading.enumerate()}
