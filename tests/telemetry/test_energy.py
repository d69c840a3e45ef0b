"""Energy of windows against exact integrals, its interval, and every reason for having none."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.records.measurement import Trace
from profiler.telemetry.energy import EnergyReason, energy_figures, window_energy
from profiler.telemetry.instrument import CPU_DEVICE
from tests.telemetry.waves import energy, power_at, run, sampled

RAMP = ((0.0, 50.0), (4.0, 50.0), (4.5, 200.0), (14.0, 220.0), (14.5, 60.0), (30.0, 60.0))


def power_trace(hz: float = 20.0, phase: float = 0.0) -> Trace:
    return sampled(29.0, hz, phase, power_w=lambda t: power_at(RAMP, t))


def counter_trace(refresh_s: float = 0.0, phase: float = 0.0) -> Trace:
    def counter(t: float) -> float:
        seen = refresh_s * (t // refresh_s) if refresh_s else t
        return 1e6 + energy(RAMP, 0.0, seen)

    return sampled(29.0, 20.0, phase, energy_j=counter)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 15.0), st.floats(1.0, 10.0))
def test_both_ways_give_the_integral_at_any_edges(start: float, length: float) -> None:
    truth = energy(RAMP, start, start + length)
    for trace in (power_trace(), counter_trace()):
        result = window_energy(trace, start, start + length)
        assert result.unit == "J"
        assert result.value == pytest.approx(truth, rel=0.01)


def test_the_trapezoid_is_exact_on_a_ramp() -> None:
    result = window_energy(power_trace(), 5.013, 13.987)
    assert result.value == pytest.approx(energy(RAMP, 5.013, 13.987))
    assert "trapezoid" in result.source


def test_the_counter_comes_first() -> None:
    both = replace(
        counter_trace(),
        series={**counter_trace().series, "power_w": (1.0,) * len(counter_trace().t_s)},
    )
    result = window_energy(both, 5.0, 10.0)
    assert "counter" in result.source
    assert result.value == pytest.approx(energy(RAMP, 5.0, 10.0), rel=1e-3)


def test_the_interval_of_a_staircase_counter_covers_the_truth() -> None:
    """A counter that refreshes every 0.1 s, windows at random phases: 95 % and not much wider."""
    rng = random.Random(3)
    hits, tries, widths = 0, 300, []
    trace = counter_trace(refresh_s=0.1)
    for _ in range(tries):
        start = 3.0 + rng.random()
        end = start + rng.uniform(9.0, 10.0)
        result = window_energy(trace, start, end)
        assert result.value is not None
        assert result.low is not None
        assert result.high is not None
        hits += result.low <= energy(RAMP, start, end) <= result.high
        widths.append((result.high - result.low) / 2 / result.value)
    assert hits / tries >= 0.95
    assert max(widths) < 0.012


def test_the_relative_half_width_of_one_second_is_eight_percent() -> None:
    flat = sampled(10.0, power_w=lambda _: 100.0)
    result = window_energy(flat, 2.0, 3.0)
    assert result.value == pytest.approx(100.0)
    assert result.high == pytest.approx(108.0, abs=0.05)
    assert result.low == pytest.approx(92.0, abs=0.05)


def reason(trace: Trace, start: float = 5.0, end: float = 10.0) -> str:
    result = window_energy(trace, start, end)
    assert result.value is None
    return result.reason


def test_a_missing_sensor_gives_its_own_reason_once() -> None:
    blind = Trace(missing=dict.fromkeys(("energy_j", "power_w"), "NVML: Not Supported"))
    assert reason(blind) == "sensor_missing: NVML: Not Supported"
    assert "power_w was not sampled" in reason(Trace())


@pytest.mark.parametrize(("start", "end"), [(5.0, 5.5), (5.0, 5.0), (6.0, 5.0)])
def test_too_short(start: float, end: float) -> None:
    assert EnergyReason.TOO_SHORT in reason(power_trace(), start, end)
    assert EnergyReason.TOO_SHORT in reason(counter_trace(), start, end)


@pytest.mark.parametrize("trace", [power_trace(phase=1.0), counter_trace(phase=1.0)])
def test_not_bracketed(trace: Trace) -> None:
    before, after = reason(trace, 0.5, 9.0), reason(trace, 5.0, 29.5)
    assert EnergyReason.NOT_BRACKETED in before
    assert "before its start" in before
    assert "after its end" in after


def lossy(trace: Trace, start: float, end: float) -> Trace:
    """The same trace with failed samples between two times."""
    return replace(
        trace,
        series={
            name: tuple(
                None if start < t < end else value
                for t, value in zip(trace.t_s, values, strict=True)
            )
            for name, values in trace.series.items()
        },
    )


def test_a_gap_spoils_the_trapezoid_but_not_the_counter() -> None:
    assert EnergyReason.GAP in reason(lossy(power_trace(), 6.0, 8.0))
    result = window_energy(lossy(counter_trace(), 6.0, 8.0), 5.0, 10.0)
    assert result.value == pytest.approx(energy(RAMP, 5.0, 10.0), rel=1e-3)
    assert EnergyReason.GAP in reason(lossy(counter_trace(), 4.0, 6.0))


def test_a_single_failed_sample_is_bridged() -> None:
    result = window_energy(lossy(power_trace(), 6.96, 7.04), 5.0, 10.0)
    assert result.value == pytest.approx(energy(RAMP, 5.0, 10.0), rel=1e-3)


def test_a_frozen_counter_is_no_zero_and_power_takes_over() -> None:
    frozen = sampled(29.0, energy_j=lambda t: 1e6 + min(t, 2.0))
    assert EnergyReason.FROZEN in reason(frozen)
    both = replace(frozen, series={**frozen.series, **power_trace().series})
    result = window_energy(both, 5.0, 10.0)
    assert "trapezoid" in result.source
    assert result.value == pytest.approx(energy(RAMP, 5.0, 10.0), rel=1e-3)


def test_a_counter_that_stops_within_the_window_is_frozen() -> None:
    for stop in (7.0, 9.2):
        stalled = sampled(29.0, energy_j=lambda t, stop=stop: 1e6 + 100 * min(t, stop))
        assert EnergyReason.FROZEN in reason(stalled)


@pytest.mark.parametrize("refresh_s", [0.0, 0.1, 0.25])
def test_a_window_from_rest_to_work_lacks_no_energy(refresh_s: float) -> None:
    """A staircase is behind the truth; its error must have no bias."""
    rng, errors = random.Random(4), []
    for i in range(200):
        if i % 10 == 0:  # the sampler and the counter have nothing to do with each other
            trace = counter_trace(refresh_s, phase=rng.random())
        start, end = 2.0 + rng.random(), 9.0 + rng.random()
        value = window_energy(trace, start, end).value
        assert value is not None
        errors.append(value - energy(RAMP, start, end))
    # At 150 W more at the end than at the start, a lag of 10 ms would cost 1.5 J.
    assert abs(sum(errors) / len(errors)) < 1.5


def test_the_end_of_sampling_need_not_meet_a_refresh() -> None:
    trace = counter_trace(refresh_s=0.25)
    start, end = trace.t_s[-1] - 8.0, trace.t_s[-1]
    assert window_energy(trace, start, end).value == pytest.approx(
        energy(RAMP, start, end), rel=0.01
    )


def test_a_counter_that_falls_is_refused() -> None:
    assert EnergyReason.BACKWARDS in reason(
        sampled(29.0, energy_j=lambda t: 1e6 + 100 * t if t < 7 else 100 * t)
    )


def test_on_a_processor_its_own_counter_counts() -> None:
    trace = replace(
        sampled(29.0, cpu_energy_j=lambda t: 10.0 * t),
        missing=dict.fromkeys(("energy_j", "power_w"), CPU_DEVICE),
    )
    result = window_energy(trace, 5.0, 10.0)
    assert result.value == pytest.approx(50.0)
    assert "RAPL" in result.source
    # Never the processor's energy in place of a board's.
    assert window_energy(trace, 5.0, 10.0, "cuda:0").value is None


RUNS = (run(0, 1.0, 4.0, warm=False), *(run(i, 4.0 + 2 * i, 6.0 + 2 * i) for i in range(1, 11)))


def flat(trace_power: float = 100.0) -> Trace:
    return sampled(
        29.0,
        power_w=lambda t: trace_power if t > 3.0 else 500.0,
        energy_j=lambda t: trace_power * t,
    )


def test_figures_over_the_warm_runs() -> None:
    figures = energy_figures(flat(), RUNS, batch_size=4)
    assert figures["energy_j_per_image"].value == pytest.approx(100.0 * 20.0 / 40)
    assert figures["mean_power_w"].value == pytest.approx(100.0)
    assert figures["peak_power_w"].value == 100.0
    assert [figures[name].unit for name in figures] == ["J", "W", "W"]


def test_the_spread_between_parts_widens_the_interval() -> None:
    def wobbling(t: float) -> float:
        return 100.0 * t + (150.0 if t > 12.0 else 0.0)

    steady = energy_figures(flat(), RUNS, 1)["energy_j_per_image"]
    unsteady = energy_figures(sampled(29.0, energy_j=wobbling), RUNS, 1)["energy_j_per_image"]
    for figure in (steady, unsteady):
        assert figure.low is not None
        assert figure.high is not None
        assert "5 windows" in figure.source
    assert unsteady.high - unsteady.low > 5 * (steady.high - steady.low)  # type: ignore[operator]


def test_parts_too_short_for_a_window_leave_the_edges_error() -> None:
    quick = tuple(run(i, 5.0 + i / 5, 5.2 + i / 5) for i in range(10))
    figure = energy_figures(flat(), quick, 1)["energy_j_per_image"]
    assert figure.value == pytest.approx(20.0)
    assert "spread" not in figure.source


def test_figures_without_warm_runs_or_sensors() -> None:
    for quantity in energy_figures(flat(), RUNS[:1], 1).values():
        assert quantity.reason == "no warm run was timed"
    for quantity in energy_figures(Trace(missing={"power_w": "no driver"}), RUNS, 1).values():
        assert "no driver" in quantity.reason
    on_cpu = energy_figures(sampled(29.0, cpu_energy_j=lambda t: 9.0 * t), RUNS, 1, "cpu")
    assert on_cpu["mean_power_w"].value == pytest.approx(9.0)
    assert "no power sensor" in on_cpu["peak_power_w"].reason
