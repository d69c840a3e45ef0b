"""What compression costs: losses with intervals, each against the right other cell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.analysis.claims import quality
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import claim
from profiler.catalogue.prompts import prompt_set
from tests.analysis.claims.build import WHOLE, compressed, result, rows
from tests.factories import make_cell

GOOD, FAIR, BAD = (0.94, 0.93, 0.95), (0.86, 0.82, 0.90), (0.5, 0.45, 0.55)
SMALL = WHOLE * 6 // 10


def plain():
    return result(make_cell())


@pytest.mark.parametrize(
    ("alignment", "verdict"),
    [(GOOD, Verdict.HOLDS), (FAIR, Verdict.UNCERTAIN), (BAD, Verdict.FAILS)],
)
def test_pruning_is_judged_where_it_is_small_enough(alignment, verdict):
    small = result(compressed("structured-pruning", ratio=0.5), size=SMALL, alignment=alignment)
    large = result(compressed("structured-pruning", ratio=0.1), size=WHOLE * 9 // 10)
    name = claim("pruning-quality")
    judged = quality.pruning(name, rows(plain(), small, large))
    assert judged.verdict is verdict
    assert len(judged.evidence) == 2
    untold = quality.pruning(name, rows(plain(), large))
    assert untold.verdict is Verdict.UNMEASURED
    assert "down to 70 %" in untold.found


def test_distillation_is_judged_by_the_smallest_student():
    small = result(compressed("distilled-student", size="small"), size=SMALL)
    tiny = result(compressed("distilled-student", size="tiny"), size=WHOLE // 4, alignment=BAD)
    name = claim("distillation-quality")
    assert quality.distillation(name, rows(plain(), small)).verdict is Verdict.HOLDS
    judged = quality.distillation(name, rows(plain(), small, tiny))
    assert judged.verdict is Verdict.FAILS
    assert "25.0 %" in judged.found
    published = [f for f in judged.evidence if f.basis == "published"]
    assert len(published) == 4
    assert all("BK-SDM" in f.what and f.quantity.source for f in published)
    assert quality.distillation(name, rows()).verdict is Verdict.UNMEASURED


def fusion(merged_angular, merged_round, algorithm="average"):
    found = []
    for name, alignment in (("angular", merged_angular), ("round", merged_round)):
        texts = prompt_set(f"scenes-{name}")
        own = replace(compressed("specialist", name=name), prompts=texts)
        merged = replace(compressed("merge", algorithm=algorithm), prompts=texts)
        found += [result(own, alignment=(0.95, 0.949, 0.951)), result(merged, alignment=alignment)]
    return found


def test_fusion_has_to_hold_on_the_prompts_of_both():
    name = claim("fusion-quality")
    same = (0.94, 0.939, 0.941)
    assert quality.fusion(name, rows(*fusion(same, same))).verdict is Verdict.HOLDS
    judged = quality.fusion(name, rows(*fusion(same, BAD)))
    assert judged.verdict is Verdict.FAILS
    assert [f.note for f in judged.evidence] == [
        "relative loss of prompt alignment on the prompts of the specialist angular",
        "relative loss of prompt alignment on the prompts of the specialist round",
    ]
    # One way of merging that works is enough.
    both = [*fusion(same, BAD), *fusion(same, same, "slerp")[1::2]]
    assert quality.fusion(name, rows(*both)).verdict is Verdict.HOLDS
    assert quality.fusion(name, rows(*fusion(same, same)[:2])).verdict is Verdict.UNMEASURED


def test_fusion_ignores_prompts_that_are_not_the_specialists_own():
    texts = prompt_set("scenes-round")
    own = replace(compressed("specialist", name="angular"), prompts=texts)
    merged = replace(compressed("merge"), prompts=texts)
    judged = quality.fusion(claim("fusion-quality"), rows(result(own), result(merged)))
    assert judged.evidence == ()


def test_formula_cites_its_test():
    from pathlib import Path

    judged = quality.formula(claim("quantization-formula"), rows())
    assert judged.verdict is Verdict.HOLDS
    file, _, function = judged.evidence[0].what.partition("::")
    text = (Path(__file__).parents[3] / file).read_text(encoding="utf-8")
    assert f"def {function}(" in text
    assert judged.evidence[0].basis == "tested"
