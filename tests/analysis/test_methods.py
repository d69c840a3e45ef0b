"""Where a method runs, judged from the catalogue and a hardware profile alone."""

from __future__ import annotations

import pytest

from profiler.analysis.methods import FAMILIES, as_json, everything, methods_on, named
from profiler.catalogue.compression import COMPRESSIONS
from profiler.errors import UnknownName
from profiler.records.catalogue import MethodSpec, Requirements
from profiler.records.device import HardwareProfile

CPU = HardwareProfile("cpu-x", "Example CPU", "cpu")
OLD = HardwareProfile("old", "Old GPU", "cuda", capability=(3, 5), features={"pytorch": False})
NEW = HardwareProfile("new", "New GPU", "cuda", capability=(9, 0))


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> MethodSpec:
    """A method that takes fp16 only, which CPUs are refused."""
    needs = Requirements(precisions=("fp16",), packages=("nowhere",))
    spec = MethodSpec("half", "quantise", "a:b", "doc", "source", requires=needs)
    monkeypatch.setitem(COMPRESSIONS, "half", spec)
    return spec


def test_families_are_known_and_in_their_order() -> None:
    families = [entry.family for entry in everything()]
    assert set(families) == set(FAMILIES.values())
    assert families == sorted(families, key=list(FAMILIES.values()).index)


@pytest.mark.usefixtures("half")
def test_a_precision_that_the_device_refuses_is_the_reason() -> None:
    (entry,) = named("half", methods_on(CPU, here=True, packages=lambda _: True))
    assert entry.reason.startswith("half needs precision fp16, and fp16 is refused on cpu: ")


@pytest.mark.usefixtures("half")
def test_missing_packages_count_here_and_are_told_elsewhere() -> None:
    def packages(name: str) -> bool:
        return name != "nowhere"

    (there,) = named("half", methods_on(NEW, here=False, packages=packages))
    assert not there.reason
    assert there.lacks == ("nowhere",)
    (here,) = named("half", methods_on(NEW, here=True, packages=packages))
    assert "'nowhere', which is not installed" in here.reason


def test_nothing_runs_where_pytorch_does_not() -> None:
    reasons = {entry.reason for entry in methods_on(OLD, here=False)}
    assert reasons == {"PyTorch does not run on Old GPU"}


def test_nothing_runs_without_what_measures() -> None:
    listed = methods_on(NEW, here=True, packages=lambda name: name != "torch")
    assert all("'torch', which is not installed" in entry.reason for entry in listed)


def test_json_is_alike_for_every_kind() -> None:
    keys = {frozenset(as_json(entry)) & {"parameters", "components", "requires", "aliases"}
            for entry in everything()}  # fmt: skip
    assert keys == {frozenset({"parameters", "components", "requires", "aliases"})}


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(UnknownName, match="absmax-int8"):
        named("absmax-int", everything())
