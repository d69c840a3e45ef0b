"""Speed, cost and hardware."""

from __future__ import annotations

from profiler.analysis.claims import overall
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import claim
from tests.analysis.claims.build import compressed, result, rows, switched
from tests.factories import make_cell

BAD = (0.5, 0.45, 0.55)


def test_the_quickest_that_keeps_its_quality_counts():
    base, quick = result(make_cell()), result(make_cell(steps=4), latency_s=0.04)
    judged = overall.speed(claim("speed"), rows(base, quick))
    assert judged.verdict is Verdict.HOLDS
    assert overall.cost(claim("cost"), rows(base, quick)).verdict is Verdict.HOLDS
    poor = result(make_cell(steps=4), latency_s=0.04, alignment=BAD)
    half = result(make_cell(steps=10), latency_s=0.2)
    judged = overall.speed(claim("speed"), rows(base, poor, half))
    assert judged.verdict is Verdict.FAILS
    assert [f.cell_id for f in judged.evidence] == [half.cell.cell_id]
    assert overall.cost(claim("cost"), rows(base, poor, half)).verdict is Verdict.FAILS


def test_nothing_is_refuted_before_fewer_steps_were_tried():
    student = result(compressed("distilled-student"), latency_s=0.2)
    judged = overall.speed(claim("speed"), rows(result(make_cell()), student))
    assert judged.verdict is Verdict.UNCERTAIN


def test_caches_and_smaller_images_are_another_question():
    others = [result(switched(n), latency_s=0.01) for n in ("image-cache", "dynamic-resolution")]
    prompts = result(make_cell(steps=4, prompts=("a", "b")), latency_s=0.01)
    for name, judge in (("speed", overall.speed), ("cost", overall.cost)):
        judged = judge(claim(name), rows(result(make_cell()), *others, prompts))
        assert judged.verdict is Verdict.UNMEASURED
        assert judge(claim(name), rows()).verdict is Verdict.UNMEASURED


def test_hardware_names_published_figures_and_what_ran_here():
    full = make_cell(model="sd15", weights="random", width_px=512, height_px=512)
    judged = overall.hardware(claim("hardware"), rows(result(make_cell()), result(full)))
    assert judged.verdict is Verdict.HOLDS
    assert "sd15 and tiny-sd ran on this CPU" in judged.found
    assert {f.basis for f in judged.evidence} == {"measured", "published", "computed"}
    cuda = overall.hardware(claim("hardware"), rows(result(make_cell()), kind="cuda"))
    assert "measured" not in {f.basis for f in cuda.evidence}
