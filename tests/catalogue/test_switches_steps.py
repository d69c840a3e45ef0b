"""The entries that leave work out: what excludes what, what they need, and their parameters."""

from __future__ import annotations

import pytest

from profiler.catalogue.chains import optimisations_problem
from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.requires import Setting, unmet
from profiler.catalogue.switches_steps import STEP_SWITCHES
from profiler.records.cell import MethodUse

CPU = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")


@pytest.mark.parametrize("spec", STEP_SWITCHES, ids=lambda spec: spec.name)
@pytest.mark.parametrize("tracer", ["compile", "cuda-graphs"])
def test_none_of_them_is_traced(spec, tracer):
    problem = optimisations_problem([MethodUse(tracer), MethodUse(spec.name)])
    assert "exclude each other" in str(problem)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deepcache", "guidance-interval"),
        ("deepcache", "pyramid-attention-broadcast"),
        ("pyramid-attention-broadcast", "guidance-interval"),
        ("pyramid-attention-broadcast", "taylorseer"),
    ],
)
def test_what_keeps_features_excludes_what_changes_them(one, other):
    for pair in ((one, other), (other, one)):
        problem = optimisations_problem([MethodUse(name) for name in pair])
        assert "exclude each other" in str(problem)


def test_token_merging_goes_with_the_other_ways_to_leave_work_out():
    for other in ("deepcache", "pyramid-attention-broadcast", "fused-qkv", "guidance-interval"):
        assert optimisations_problem([MethodUse("token-merging"), MethodUse(other)]) is None


@pytest.mark.parametrize(
    ("name", "package"), [("deepcache", "DeepCache"), ("token-merging", "tomesd")]
)
def test_a_missing_package_is_told_by_name(name, package):
    needs = optimisation(name).requires
    assert package in str(unmet(name, needs, CPU, lambda found: found != package))
    assert unmet(name, needs, CPU, lambda _: True) is None


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("deepcache", {"interval": 3, "branch": 0}),
        ("token-merging", {"ratio": 0.5, "max_downsample": 1}),
        ("pyramid-attention-broadcast", {"self_interval": 2, "cross_interval": 3}),
        ("taylorseer", {"interval": 5, "order": 1}),
    ],
)
def test_parameters_are_part_of_cell_ids_and_stay(name, parameters):
    assert optimisation(name).defaults() == parameters
