"""Which methods may follow each other."""

from __future__ import annotations

from itertools import permutations

import pytest

from profiler.catalogue.chains import chain_problem, optimisations_problem
from profiler.records.cell import MethodUse


def chain(*methods: str, component: str = "unet") -> list[MethodUse]:
    return [MethodUse(method, (component,)) for method in methods]


def test_exactly_one_order_is_allowed() -> None:
    methods = ("distilled-student", "structured-pruning", "absmax-int8")
    allowed = [order for order in permutations(methods) if chain_problem(chain(*order)) is None]
    assert allowed == [methods]


def test_empty_and_single_chains_are_fine() -> None:
    assert chain_problem([]) is None
    assert chain_problem(chain("bnb-nf4")) is None


def test_two_quantisers_share_no_component() -> None:
    both = [MethodUse("absmax-int8", ("unet", "vae")), MethodUse("bnb-nf4", ("vae",))]
    assert chain_problem(both) == "absmax-int8 and bnb-nf4 both quantise the vae"
    apart = [MethodUse("absmax-int8", ("unet",)), MethodUse("bnb-nf4", ("text_encoder",))]
    assert chain_problem(apart) is None


@pytest.mark.parametrize("method", ["absmax-int8", "structured-pruning"])
def test_nothing_twice_on_one_component(method: str) -> None:
    assert chain_problem(chain(method, method)) == f"{method} is in the chain twice"


def test_the_same_method_on_different_components() -> None:
    uses = [MethodUse("absmax-int8", ("unet",)), MethodUse("absmax-int8", ("vae",))]
    assert chain_problem(uses) is None


def test_offloads_exclude_each_other_in_any_order() -> None:
    for order in permutations(("model-offload", "sequential-offload")):
        uses = [MethodUse(method) for method in order]
        assert "exclude each other" in str(optimisations_problem(uses))
    assert optimisations_problem([MethodUse("vae-tiling"), MethodUse("compile")]) is None
