"""Devices that are not at hand, and what nobody can test here."""

from __future__ import annotations

import pytest

from profiler.analysis.claims import timings
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import claim
from profiler.devices.lookup import find
from tests.analysis.claims.build import result, rows
from tests.factories import make_cell


def full(**changes):
    return make_cell(
        **{"model": "sd15", "weights": "hub", "width_px": 512, "height_px": 512, **changes}
    )


@pytest.mark.parametrize("name", sorted(timings.DEVICES))
def test_elsewhere_a_time_is_not_testable(name):
    judged = timings.on_device(claim(name), rows(result(full())))
    assert judged.verdict is Verdict.UNTESTABLE
    assert "this machine is Example CPU" in judged.reason
    assert {f.basis for f in judged.evidence} <= {"published"}
    assert find(timings.DEVICES[name]).id == timings.DEVICES[name]


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(1.25, Verdict.HOLDS), (2.0, Verdict.FAILS), (0.5, Verdict.FAILS)]
)
def test_on_the_device_itself_it_is_judged(seconds, verdict):
    here = rows(result(full(), latency_s=seconds), device_id="rtx4090", kind="cuda")
    assert timings.on_device(claim("rtx4090"), here).verdict is verdict


def test_other_sizes_and_quantised_models_do_not_count():
    cells = (full(width_px=768), full(batch_size=4), make_cell())
    here = rows(*map(result, cells), device_id="rtx3060_12gb", kind="cuda")
    judged = timings.on_device(claim("rtx3060"), here)
    assert judged.verdict is Verdict.UNMEASURED
    assert "sdprof run sd15" in judged.reason


@pytest.mark.parametrize("name", ["mobile-load", "mobile-image", "autoscaling", "stress"])
def test_untestable_claims_say_why(name):
    judged = timings.untestable(claim(name), rows())
    assert judged.verdict is Verdict.UNTESTABLE
    assert len(judged.reason) > 30
