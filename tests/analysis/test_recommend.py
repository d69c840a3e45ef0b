from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.analysis.objectives import OBJECTIVES
from profiler.analysis.pareto import dominates
from profiler.analysis.recommend import recommend
from profiler.errors import InputError, UnknownName
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import measured, unavailable
from profiler.records.summary import Candidate, Limits, Recommendation, Summary
from tests.analysis.build import DEVICE, MIB, failed, summary, variant
from tests.factories import make_cell


def names(candidates: tuple[Candidate, ...]) -> list[str]:
    return [_name(candidate.summary) for candidate in candidates]


def _name(found: Summary) -> str:
    return found.cell.compression[0].method if found.cell.compression else "plain"


def ask(summaries: list[Summary], objective: str = "latency", **limits: float) -> Recommendation:
    return recommend(summaries, DEVICE, objective, Limits(**limits))  # type: ignore[arg-type]


def test_the_quickest_good_one_wins() -> None:
    answer = ask([summary(), summary("int8", 0.5), summary("nf4", 0.8)])
    assert names(answer.accepted) == ["int8", "nf4", "plain"]
    assert answer.baseline is not None
    assert _name(answer.baseline) == "plain"
    assert answer.accepted[0].against_baseline["latency_s_per_batch"].value == pytest.approx(0.5)


def test_a_quick_one_that_wrecks_the_pictures_is_rejected() -> None:
    answer = ask([summary(), summary("wrecked", 0.1, alignment=0.4), summary("int8", 0.9)])
    assert names(answer.accepted)[0] == "int8"
    assert "worse by 55 points, more than the margin of 5.0 points" in _broken(answer, "wrecked")


def _broken(answer: Recommendation, name: str) -> str:
    found = [c for c in answer.rejected if _name(c.summary) == name]
    return "; ".join(found[0].broken_limits)


def test_an_explicit_bound_on_quality_replaces_the_guard() -> None:
    cells = [summary(), summary("rough", 0.1, alignment=0.8)]
    assert names(ask(cells).accepted) == ["plain"]
    assert names(ask(cells, min_quality=0.75).accepted) == ["rough", "plain"]


def test_quality_is_held_against_the_low_end_of_its_interval() -> None:
    unsure = summary("unsure", 0.5, alignment=0.95, alignment_spread=0.1)
    answer = ask([summary(), unsure], min_quality=0.9)
    assert names(answer.accepted) == ["plain"]
    assert "its interval reaches 85.5 %, below --min-quality 90.0 %" in _broken(answer, "unsure")


def test_latency_is_held_against_the_high_end_of_its_interval() -> None:
    answer = ask([summary(latency_s=1.49, spread=0.05)], max_latency_s=1.5)
    assert not answer.accepted
    assert "its interval reaches 1.56 s, above --max-latency 1.50 s by" in _broken(answer, "plain")


def test_a_rejected_one_lists_every_limit_and_by_how_much() -> None:
    answer = ask(
        [summary(latency_s=1.9, memory=600 * MIB)], max_latency_s=1.5, max_memory_bytes=500 * MIB
    )
    (candidate,) = answer.rejected
    assert candidate.broken_limits == (
        "latency 1.90 s is above --max-latency 1.50 s by 27 %",
        "peak memory 600 MiB is above --max-memory 500 MiB by 20 %",
    )


def test_where_nothing_fits_the_nearest_misses_come_first() -> None:
    cells = [summary(latency_s=3.0), summary("near", 1.1), summary("far", 2.0)]
    answer = ask(cells, max_latency_s=1.0)
    assert not answer.accepted
    assert names(answer.rejected) == ["near", "far", "plain"]
    assert answer.notes[0].startswith("nothing fits: the closest misses by 12 %: tiny-sd fp32 near")


def test_a_missing_figure_under_a_limit_rejects() -> None:
    answer = ask([summary(memory=None)], max_memory_bytes=500 * MIB)
    assert _broken(answer, "plain") == "unavailable: peak memory: not measured in this test"


def test_an_objective_without_a_sensor_recommends_nothing_and_says_why() -> None:
    answer = ask([summary(), summary("int8", 0.5)], "energy")
    assert not answer.accepted
    assert "unavailable: energy per image: no energy sensor" in answer.notes[0]


@pytest.mark.parametrize(
    ("outcome", "failure", "words"),
    [
        (
            Outcome.OUT_OF_MEMORY,
            Failure("vae_decode", "", {"bytes_asked": 2**31}),
            "ran out of memory in VAE decode: asked for 2.00 GiB",
        ),
        (Outcome.TIMEOUT, Failure("warm_images", "600 s"), "did not finish in its time in warm"),
        (Outcome.CRASH, Failure("load", "signal 11"), "crashed in load: signal 11"),
        (Outcome.UNSUPPORTED, Failure("", "needs CUDA 7.5"), "cannot run here: needs CUDA 7.5"),
        (Outcome.ERROR, None, "failed: no details were stored"),
    ],
)
def test_failures_are_told_in_words(outcome: Outcome, failure: Failure | None, words: str) -> None:
    answer = ask([summary(), failed("broken", outcome, failure)])
    assert names(answer.accepted) == ["plain"]
    assert words in _broken(answer, "broken")


@pytest.mark.parametrize("flag", ["nan", "black", "constant"])
def test_invalid_images_veto(flag: str) -> None:
    answer = ask([summary(), summary("dark", 0.1, validity=(flag,))])
    assert names(answer.accepted) == ["plain"]
    assert _broken(answer, "dark").startswith("invalid: ")


def test_a_throttled_one_is_kept_with_a_caveat() -> None:
    answer = ask([summary(validity=("throttled",))])
    assert any("throttled" in reason for reason in answer.accepted[0].reasons)


def test_ties_are_marked_and_ordered_by_quality() -> None:
    a = summary("a", 1.00, alignment=0.94, spread=0.05)
    b = summary("b", 1.02, alignment=0.97, spread=0.05)
    answer = ask([summary(latency_s=3.0), a, b])
    assert names(answer.accepted) == ["b", "a", "plain"]
    assert [c.tied_with_best for c in answer.accepted] == [False, True, False]
    assert any("the best of 2" in text for text in answer.accepted[0].reasons)
    assert any("placed by prompt alignment" in text for text in answer.accepted[1].reasons)


def test_a_batch_is_not_quick_because_it_is_large() -> None:
    batch = summary(make_cell(batch_size=4), latency_s=2.0)
    assert ask([summary(), batch]).accepted[0].summary.cell.batch_size == 1
    assert ask([summary(), batch], "throughput").accepted[0].summary.cell.batch_size == 4
    assert (
        ask([summary(), batch], "throughput", max_latency_s=1.5).accepted[0].summary.cell.batch_size
        == 1
    )


def test_other_sizes_are_another_product() -> None:
    small = summary(variant("small", width_px=32, height_px=32), 0.1)
    answer = ask([summary(), small])
    assert names(answer.accepted) == ["plain"]
    assert "makes images of 32x32: not comparable with 64x64" in _broken(answer, "small")
    assert names(ask([summary(), small], resolution_px=32).accepted) == ["small"]


def test_fewer_steps_are_fine_while_the_quality_holds() -> None:
    good = summary(make_cell(steps=10), 0.5, alignment=0.93)
    bad = summary(make_cell(steps=2), 0.1, alignment=0.3)
    answer = ask([summary(), good, bad])
    assert [c.summary.cell.steps for c in answer.accepted] == [10, 20]


def test_without_quality_it_is_said_and_not_assumed_good() -> None:
    answer = ask([summary(alignment=None), summary("int8", 0.5, alignment=None)])
    assert names(answer.accepted) == ["int8", "plain"]
    assert "quality was not measured" in answer.accepted[0].reasons
    assert any("no quality was measured" in note for note in answer.notes)


def test_an_unscored_one_beside_a_scored_baseline_is_rejected() -> None:
    answer = ask([summary(), summary("unscored", 0.1, alignment=None)])
    assert _broken(answer, "unscored") == "unavailable: prompt alignment: not measured"


def test_divergence_orders_but_is_called_what_it_is() -> None:
    near = summary("near", alignment=None, quality={"psnr": measured(40.0, "dB")})
    far = summary("far", alignment=None, quality={"psnr": measured(20.0, "dB")})
    answer = ask([summary(alignment=None), near, far], "quality")
    assert names(answer.accepted) == ["near", "far"]
    assert any("divergence" in note for note in answer.notes)
    assert "is the reference" in _broken(answer, "plain")


def test_the_baseline_is_the_one_that_measurements_name() -> None:
    plain = summary(latency_s=2.0)
    half = summary(make_cell(precision="bf16"), measurement_ids=("m1",))
    other = summary("int8", 0.5, baseline_id="m1")
    answer = ask([plain, half, other])
    assert answer.baseline is half
    by_cell = replace(other, baseline_id=half.cell_id)
    assert ask([plain, half, by_cell]).baseline is half


def test_a_failed_baseline_gives_no_ratios_but_a_recommendation() -> None:
    broken = failed("", Outcome.OUT_OF_MEMORY, Failure("load", "asked for 9 GiB"))
    answer = ask([broken, summary("int8", 0.5)])
    assert names(answer.accepted) == ["int8"]
    assert answer.accepted[0].against_baseline == {}
    assert any("ran out of memory in load" in note for note in answer.notes)


def test_only_one_model_with_one_kind_of_weights_is_compared() -> None:
    old = summary(make_cell(model="sd15", weights="random"), 0.1)
    new = summary(started_at="2026-12-01T00:00:00+00:00")
    answer = ask([old, new])
    assert [c.summary.cell.model for c in answer.accepted] == ["tiny-sd"]
    assert any("sd15 (random weights)" in note for note in answer.notes)
    assert recommend([old, new], DEVICE, model="sd15").accepted[0].summary is old


def test_a_model_without_results_names_those_that_have_some() -> None:
    with pytest.raises(InputError, match="models with results: tiny-sd"):
        recommend([summary()], DEVICE, model="sd15")


def test_a_bound_on_divergence_spares_the_reference_and_rejects_the_unscored() -> None:
    near = summary("near", 0.9, quality={"psnr": measured(40.0, "dB", 38.0, 42.0)})
    far = summary("far", 0.5, quality={"psnr": measured(21.0, "dB", 19.0, 23.0)})
    unscored = summary("unscored", 0.1, quality={"psnr": unavailable("dB", "no reference")})
    answer = recommend(
        [summary(), near, far, unscored],
        DEVICE,
        limits=Limits(min_quality=20.0, quality_metric="psnr"),
    )
    assert names(answer.accepted) == ["near", "plain"]
    assert "its interval reaches 19.0 dB" in _broken(answer, "far")
    assert _broken(answer, "unscored") == "unavailable: PSNR: no reference"


def test_an_unmeasured_device_names_those_with_results_and_the_next_move() -> None:
    with pytest.raises(InputError, match=r"gtx1650.*cpu-example-2c \(1 cells\).*sdprof run"):
        recommend([summary()], "gtx1650")
    with pytest.raises(InputError, match="sdprof run quickstart"):
        recommend([], "gtx1650")


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'latency'"):
        ask([summary()], "latencey")
    with pytest.raises(InputError, match="--max-latency"):
        ask([summary()], max_latency_s=0)
    with pytest.raises(InputError, match=r"write 0\.9"):
        ask([summary()], min_quality=90)
    for odd in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="must be a finite number"):
            ask([summary()], min_quality=odd)
    with pytest.raises(UnknownName, match="prompt_alignment"):
        recommend([summary()], DEVICE, "quality", Limits(quality_metric="prompt_alignmnt"))


# --- properties -------------------------------------------------------------------------------

figure = st.integers(1, 6).map(float)
cells = st.lists(st.tuples(figure, figure, figure, st.booleans()), min_size=1, max_size=12)
bound = st.one_of(st.none(), st.integers(0, 8).map(lambda n: n + 0.5))


def build(rows: list[tuple[float, float, float, bool]]) -> list[Summary]:
    made = [summary()]
    for i, (latency, memory, alignment, ok) in enumerate(rows):
        made.append(
            summary(f"m{i}", latency / 3, memory * MIB, alignment / 6, spread=0.1 * (i % 3))
            if ok
            else failed(f"m{i}", Outcome.CRASH, Failure("load", "signal 11"))
        )
    return made


def limits_of(latency: float | None, memory: float | None, quality: float | None) -> Limits:
    return Limits(
        max_latency_s=None if latency is None else latency / 3,
        max_memory_bytes=None if memory is None else memory * MIB,
        min_quality=None if quality is None else quality / 9,
    )


asked = st.builds(limits_of, bound, bound, bound)
goals = st.sampled_from(sorted(set(OBJECTIVES) - {"energy"}))


@settings(max_examples=60, deadline=None)
@given(cells, asked, goals)
def test_every_cell_is_judged_once_and_the_winner_is_feasible_and_on_the_front(
    rows: list[tuple[float, float, float, bool]], limits: Limits, goal: str
) -> None:
    given_cells = build(rows)
    answer = recommend(given_cells, DEVICE, goal, limits)
    assert len(answer.accepted) + len(answer.rejected) == len(given_cells)
    assert all(c.broken_limits for c in answer.rejected)
    for candidate in answer.accepted:
        latency = candidate.summary.figures["latency_s_per_batch"]
        assert candidate.summary.outcome is Outcome.OK
        if limits.max_latency_s is not None:
            assert (latency.high or latency.value or 0) <= limits.max_latency_s
    if answer.accepted:
        assert answer.accepted[0].on_pareto_front


@settings(max_examples=60, deadline=None)
@given(cells, asked, goals, st.floats(0.3, 1.0))
def test_tightening_a_limit_never_adds_a_candidate(
    rows: list[tuple[float, float, float, bool]], limits: Limits, goal: str, factor: float
) -> None:
    given_cells = build(rows)
    before = {c.summary.cell_id for c in recommend(given_cells, DEVICE, goal, limits).accepted}
    tighter = replace(
        limits,
        max_latency_s=(limits.max_latency_s or 9.0) * factor,
        max_memory_bytes=(limits.max_memory_bytes or 9 * MIB) * factor,
        min_quality=None if limits.min_quality is None else min(1.0, limits.min_quality / factor),
    )
    after = recommend(given_cells, DEVICE, goal, tighter).accepted
    assert {c.summary.cell_id for c in after} <= before


@settings(max_examples=40, deadline=None)
@given(cells, asked, goals, st.randoms())
def test_the_order_of_the_input_never_shows(
    rows: list[tuple[float, float, float, bool]], limits: Limits, goal: str, rng: object
) -> None:
    given_cells = build(rows)
    shuffled = list(given_cells)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert recommend(shuffled, DEVICE, goal, limits) == recommend(given_cells, DEVICE, goal, limits)


@settings(max_examples=40, deadline=None)
@given(cells)
def test_nothing_on_the_front_is_dominated(rows: list[tuple[float, float, float, bool]]) -> None:
    accepted = recommend(build(rows), DEVICE, "latency", Limits(min_quality=0.0)).accepted
    better = ("lower", "higher", "lower")

    def point(candidate: Candidate) -> tuple[object, ...]:
        found = candidate.summary
        return (
            found.figures["latency_s_per_batch"],
            found.quality.get("prompt_alignment", unavailable("1", "none")),
            found.figures["peak_memory_bytes"],
        )

    for candidate in accepted:
        beaten = any(dominates(point(other), point(candidate), better) for other in accepted)  # type: ignore[arg-type]
        assert candidate.on_pareto_front != beaten
