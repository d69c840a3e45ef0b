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


def test_only_uses_that_share_a_component_have_an_order() -> None:
    later = MethodUse("structured-pruning", ("unet",))
    assert chain_problem([MethodUse("absmax-int8", ("vae",)), later]) is None
    told = chain_problem([MethodUse("absmax-int8", ("vae", "unet")), later])
    assert told == (
        "the chain is in the wrong order (distil, prune, quantise); "
        "write [structured-pruning, absmax-int8]"
    )


def test_a_use_without_components_works_on_the_usual_ones() -> None:
    told = chain_problem([MethodUse("absmax-int8"), MethodUse("structured-pruning", ("unet",))])
    assert "wrong order" in str(told)


@pytest.mark.parametrize("before", ["structured-pruning", "absmax-int8"])
@pytest.mark.parametrize("later", ["distilled-student", "lcm", "merge", "lora"])
def test_what_was_changed_is_not_replaced(before: str, later: str) -> None:
    told = chain_problem(chain(before, later))
    assert told == (
        f"the chain is in the wrong order: {later} puts other weights in place of the unet, which "
        f"{before} has changed before; write [{later}, {before}]"
    )
    assert chain_problem(chain(later, before)) is None


def test_only_one_model_replaces_a_component() -> None:
    told = chain_problem(chain("distilled-student", "lcm"))
    assert told == "distilled-student and lcm both replace the unet"
    for other in ("distilled-student", "lcm", "specialist"):
        assert "exclude each other" in str(chain_problem(chain(other, "merge")))
    apart = [MethodUse("distilled-student", ("unet",)), MethodUse("tiny-vae", ("vae",))]
    assert chain_problem(apart) is None
    assert chain_problem(apart[::-1]) is None
    assert chain_problem(chain("lcm", "lora")) is None


def test_quantised_components_are_not_cast() -> None:
    both = [MethodUse("absmax-int8", ("unet", "vae")), MethodUse("cast", ("vae",))]
    assert chain_problem(both) == (
        "cast cannot be applied to the vae, which absmax-int8 quantises: the precision of the cell "
        "is what quantised layers compute in"
    )
    apart = [MethodUse("absmax-int8", ("unet",)), MethodUse("cast", ("vae",))]
    assert chain_problem(apart) is None
    assert chain_problem([MethodUse("tiny-vae", ("vae",)), MethodUse("cast", ("vae",))]) is None


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
