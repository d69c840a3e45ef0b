from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from profiler.records.measurement import Trace
from profiler.report.traces import BINS, missing_text, thin, trace_figure
from tests.factories import make_measurement


def test_a_single_high_sample_survives_thinning():
    values = [1.0] * 100_000
    values[54_321], values[77_777] = 99.0, -5.0
    points = thin([i * 0.01 for i in range(len(values))], values)
    assert len(points) <= 3 * BINS
    assert (543.21, 99.0) in points
    assert min(v for _, v in points if v is not None) == -5.0


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=400),
    st.integers(1, 20),
)
def test_thinning_keeps_extremes_order_and_gaps(values, bins):
    points = thin(list(range(len(values))), values, bins)
    times = [t for t, _ in points]
    assert times == sorted(times)
    assert len(points) <= max(3 * bins, 2 * bins)
    present = [v for v in values if v is not None]
    kept = [v for _, v in points if v is not None]
    if present:
        assert (min(kept), max(kept)) == (min(present), max(present))
    assert (None in values) == any(v is None for _, v in points)


def test_figure_has_one_row_per_unit_and_starts_at_zero():
    figure = trace_figure(make_measurement())
    assert figure is not None
    assert [line["name"] for line in figure["data"]] == ["process memory (RSS)", "power"]
    assert [line["yaxis"] for line in figure["data"]] == ["y", "y2"]
    assert figure["data"][0]["x"][0] == 0.0
    assert figure["layout"]["yaxis"]["title"]["text"] == "MiB"


def test_failed_samples_stay_gaps_and_are_never_zero():
    trace = Trace((0.0, 1.0, 2.0), {"power_w": (5.0, None, 7.0)}, {"power_w": "W"})
    figure = trace_figure(replace(make_measurement(), trace=trace))
    assert figure is not None
    assert figure["data"][0]["y"] == [5.0, None, 7.0]
    assert figure["data"][0]["connectgaps"] is False


def test_nothing_sampled_gives_no_figure():
    assert trace_figure(replace(make_measurement(), trace=Trace())) is None
    empty = Trace((0.0, 1.0), {"power_w": (None, None)}, {"power_w": "W"})
    assert trace_figure(replace(make_measurement(), trace=empty)) is None


def test_missing_sensors_are_told_with_their_reason():
    assert missing_text(make_measurement()) == (
        "Unavailable: gpu memory: no NVML library on this machine."
    )
