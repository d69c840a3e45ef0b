"""Claims about bytes: exact for SD 1.5 without any result, measured for tiny-sd."""

from __future__ import annotations

from dataclasses import replace

from profiler.analysis.claims import sizes
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import claim
from tests.analysis.claims.build import WHOLE, compressed, result, rows
from tests.factories import make_cell


def figures(judgement):
    return {finding.what: finding.figure for finding in judgement.evidence}


def test_storage_needs_a_smaller_network():
    judged = sizes.storage(claim("storage"), rows())
    assert judged.verdict is Verdict.HOLDS
    assert "Only with a smaller network" in judged.reason
    told = [(f.what, f.quantity.value) for f in judged.evidence]
    small = [what for what, value in told if value < 500e6]
    assert len(small) == 1
    assert "BK-SDM-Tiny" in small[0]


def test_int8_by_bitsandbytes_does_not_halve_the_bytes():
    judged = sizes.quantisation(claim("quantization-size"), rows())
    assert judged.verdict is Verdict.FAILS
    told = figures(judged)
    assert told["SD 1.5 UNet: INT8 by bitsandbytes (Linear only), against fp16"] == "84.3 %"
    assert "shrinks by 16 %, not by 50 %" in judged.reason


def test_measured_int8_stands_beside_and_is_compared_in_16_bits():
    int8 = compressed("bnb-int8")
    half = replace(int8, precision="bf16")
    judged = sizes.quantisation(
        claim("quantization-size"),
        rows(
            result(make_cell()),
            result(int8, size=WHOLE // 4),
            result(make_cell(precision="bf16"), size=WHOLE // 2),
            result(half, size=WHOLE * 45 // 100),
        ),
    )
    here = [f for f in judged.evidence if f.basis == "measured"]
    assert [f.figure for f in here] == ["90.0 %"]
    assert here[0].cell_id == half.cell_id
    assert "tiny-sd, measured here: 90.0 %" in judged.found


def test_pruning_is_judged_by_true_bytes():
    plain = result(make_cell())
    stored_dense = result(compressed("magnitude-pruning", sparsity=0.5), size=WHOLE)
    small = result(compressed("structured-pruning", ratio=0.5), size=WHOLE * 6 // 10)
    name = claim("pruning-size")
    assert sizes.pruning(name, rows()).verdict is Verdict.UNMEASURED
    assert sizes.pruning(name, rows(plain, stored_dense)).verdict is Verdict.FAILS
    judged = sizes.pruning(name, rows(plain, stored_dense, small))
    assert judged.verdict is Verdict.HOLDS
    assert "60.0 %" in judged.found
    assert "of the bytes of the UNet" in judged.found
    # Without the whole measurement, the plain cell is what is left to compare with.
    bare = replace(rows(plain, small), measurements={})
    assert "of the bytes of all weights" in sizes.pruning(name, bare).found
    alone = replace(rows(small), measurements={})
    assert sizes.pruning(name, alone).verdict is Verdict.UNMEASURED


def test_distillation_and_phones_and_the_future_fail_by_counting():
    student = result(compressed("distilled-student", size="tiny"), size=WHOLE // 4)
    judged = sizes.distillation(claim("distillation-size"), rows(result(make_cell()), student))
    assert judged.verdict is Verdict.FAILS
    assert figures(judged)["BK-SDM-Tiny UNet"] == "37.6 %"
    assert "25.0 %" in judged.found
    for name, judge in (("mobile-size", sizes.mobile), ("fp8-int4", sizes.fp8_int4)):
        assert judge(claim(name), rows()).verdict is Verdict.FAILS


def test_fusion_counts_one_against_two():
    angular, round_ = (compressed("specialist", name=name) for name in ("angular", "round"))
    merged = compressed("merge")
    judged = sizes.fusion(
        claim("fusion-size"),
        rows(*(result(cell, size=WHOLE) for cell in (angular, round_, merged))),
    )
    assert judged.verdict is Verdict.HOLDS
    assert [f.figure for f in judged.evidence] == ["50.0 %", "55.4 %", "50.0 %"]
    grown = rows(result(angular), result(round_), result(merged, size=WHOLE * 14 // 10))
    assert sizes.fusion(claim("fusion-size"), grown).verdict is Verdict.FAILS
    alone = sizes.fusion(claim("fusion-size"), rows(result(angular), result(merged)))
    assert len(alone.evidence) == 2
