"""The entries of module switches: what excludes what, where they run, and what they take."""

from __future__ import annotations

import pytest

from profiler.catalogue.chains import optimisations_problem
from profiler.catalogue.optimisations import OPTIMISATIONS, optimisation
from profiler.catalogue.requires import Setting, unmet
from profiler.catalogue.switches_modules import MODULE_SWITCHES
from profiler.records.cell import MethodUse

ATTENTION = ("attention-slicing", "attention-eager", "attention-xformers")
OFFLOADS = ("model-offload", "sequential-offload", "group-offload")
PAIRS = [
    *[(one, other) for one in ATTENTION for other in (*ATTENTION, "attention-sdpa", "fused-qkv")],
    *[(one, other) for one in OFFLOADS for other in (*OFFLOADS, "cuda-graphs")],
    ("compile", "cuda-graphs"),
    ("compile", "sequential-offload"),
    ("layerwise-upcast", "fused-qkv"),
]


@pytest.mark.parametrize(("one", "other"), [(a, b) for a, b in PAIRS if a != b])
def test_what_works_against_each_other_is_refused_in_any_order(one, other):
    for pair in ((one, other), (other, one)):
        problem = optimisations_problem([MethodUse(name) for name in pair])
        assert "exclude each other" in str(problem)


@pytest.mark.parametrize(
    "pair",
    [("fused-qkv", "attention-sdpa"), ("compile", "channels-last"), ("compile", "fused-qkv")],
)
def test_what_goes_together_is_not_refused(pair):
    assert optimisations_problem([MethodUse(name) for name in pair]) is None


def test_no_optimisation_excludes_itself():
    assert not [name for name, spec in OPTIMISATIONS.items() if name in spec.conflicts]


@pytest.mark.parametrize("spec", MODULE_SWITCHES, ids=lambda spec: spec.name)
def test_where_it_runs(spec):
    gpu_only = {*OFFLOADS, "cuda-graphs", "attention-xformers"}
    cpu = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    reason = unmet(spec.name, spec.requires, cpu, lambda _: True)
    assert (reason is not None) == (spec.name in gpu_only)
    gpu = Setting("cuda", "Example GPU", (8, 0), "tiny-sd", "fp16")
    assert unmet(spec.name, spec.requires, gpu, lambda _: True) is None


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("attention-slicing", {}),
        ("attention-sdpa", {"backend": "default"}),
        ("compile", {"mode": "default", "scope": "full"}),
        ("group-offload", {"level": "block", "stream": False}),
    ],
)
def test_parameters_are_part_of_cell_ids_and_stay(name, parameters):
    assert optimisation(name).defaults() == parameters
