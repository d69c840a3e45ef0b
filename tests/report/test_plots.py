from __future__ import annotations

import json
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from profiler.records.quantity import measured, unavailable
from profiler.report import bars, scatter
from profiler.report.gather import DeviceRows
from profiler.report.labels import labels
from profiler.report.palette import NAMES
from profiler.report.plots import plots
from tests.factories import make_measurement
from tests.report.example import BASELINE, SCRIPT


@pytest.fixture
def device(material) -> DeviceRows:
    return material.devices[0]


@pytest.fixture
def names(device) -> dict[str, str]:
    return labels([s.cell for s in device.summaries], BASELINE)


def test_every_figure_is_one_that_plotly_accepts(device, names):
    made = plots(device, names, "d0")
    figures = [option["figure"] for plot in made for option in plot["figures"]]
    assert len(figures) > 10
    for figure in figures:
        text = json.dumps(figure, allow_nan=False)
        for name in NAMES:
            text = text.replace(f'"{name}"', '"#123456"')
        assert "@" not in text
        go.Figure(json.loads(text))  # raises on any key or value that Plotly does not know


def test_ids_are_unique_and_every_plot_has_words_for_screen_readers(device, names):
    made = plots(device, names, "d7")
    assert len({plot["id"] for plot in made}) == len(made) == 5
    assert all(plot["id"].startswith("d7-") and plot["description"] for plot in made)


def test_scatter_offers_each_metric_and_tells_what_is_missing(device, names):
    options, note = scatter.scatter_figures(device, names)
    assert [option["label"] for option in options] == ["Prompt alignment", "PSNR"]
    assert note == "4 configurations without latency or memory not shown."
    coloured, grey = options[1]["figure"]["data"][:2]
    assert len(coloured["x"]) == 10
    assert grey["customdata"] == ["the baseline is the reference itself"]


def test_scatter_marks_best_baseline_and_front(device, names):
    options, _ = scatter.scatter_figures(device, names)
    points = options[0]["figure"]["data"][0]
    by_name = dict(zip(points["text"], points["marker"]["symbol"], strict=True))
    assert by_name["uncompressed · fp32"] == "square"
    assert list(by_name.values()).count("diamond") == 1
    front = {c.summary.cell_id for c in device.recommendation.accepted if c.on_pareto_front}
    assert sum(width > 2 for width in points["marker"]["line"]["width"]) >= len(front) - 1


def test_scatter_without_any_quality_still_shows_the_points(device, names):
    bare = tuple(replace(s, quality={}) for s in device.summaries)
    options, _ = scatter.scatter_figures(replace(device, summaries=bare), names)
    assert len(options) == 1
    assert len(options[0]["figure"]["data"][0]["x"]) == 11


def test_wide_spans_are_logarithmic_with_plain_ticks():
    axis = scatter._axis("latency", [0.02, 2.0])
    assert axis["type"] == "log"
    assert 0.05 in axis["tickvals"]
    assert "type" not in scatter._axis("latency", [1.0, 2.0])


def test_user_text_in_figures_is_escaped_for_plotly(device):
    made = plots(device, labels([s.cell for s in device.summaries], BASELINE), "d0")
    text = json.dumps([plot["figures"] for plot in made])
    assert SCRIPT not in text
    summary = replace(device.summaries[0], cell=replace(BASELINE, model=SCRIPT))
    _, _ = scatter.scatter_figures(replace(device, summaries=(summary,)), {})
    assert "&lt;script&gt;" in json.dumps(
        scatter.scatter_figures(replace(device, summaries=(summary,)), {})
    )


def test_bars_leave_out_what_is_unavailable_and_say_so(device, names):
    first = device.summaries[0]
    gone = {**first.figures, "vae_decode_s": unavailable("s", "was not timed")}
    changed = replace(device, summaries=(replace(first, figures=gone), *device.summaries[1:]))
    figure, note = bars.phase_figure(changed, names, bars.PER_CALL)
    assert figure is not None
    assert figure["data"][2]["x"][0] is None
    assert note == "No figure for VAE decode in 1 configuration shown."
    assert len(figure["data"][0]["x"]) == 11  # failed cells have no bars


def test_bars_are_limited_and_say_so(device):
    summary = device.summaries[0]
    many = tuple(
        replace(summary, cell=replace(summary.cell, seed=seed)) for seed in range(bars.ROWS + 5)
    )
    names = labels([s.cell for s in many])
    figure, note = bars.phase_figure(replace(device, summaries=many), names, bars.ONCE)
    assert figure is not None
    assert len(figure["data"][0]["x"]) == bars.ROWS
    assert note.startswith("The first 24 of 29 are shown.")


def test_strip_tells_outliers_warm_up_and_warm_calls_apart(device, names):
    measurement = make_measurement()
    runs = list(measurement.runs)
    runs[4] = replace(runs[4], wall_s=9.0)
    cell_id = device.summaries[0].cell_id
    changed = replace(
        device,
        summaries=device.summaries[:1],
        details={cell_id: replace(measurement, runs=tuple(runs))},
    )
    options, _ = bars.strip_figures(changed, names)
    data = {trace["name"]: trace["x"] for trace in options[0]["figure"]["data"]}
    assert data["flagged as outlier, kept"] == [9.0]
    assert len(data["warm call"]) == 7
    assert len(data["warming up, not counted"]) == 1


def test_relative_strip_is_centred_on_the_median(device, names):
    options, _ = bars.strip_figures(device, names)
    medians = options[1]["figure"]["data"][-1]
    assert set(medians["x"]) == {0.0}
    assert all(0 <= x < 5 for x in medians["error_x"]["array"])


def test_a_quantity_of_one_value_gets_a_scale_of_some_width(device, names):
    same = tuple(replace(s, quality={"psnr": measured(30.0, "dB")}) for s in device.summaries)
    options, _ = scatter.scatter_figures(replace(device, summaries=same), names)
    marker = options[0]["figure"]["data"][0]["marker"]
    assert marker["cmin"] < 30.0 < marker["cmax"]
