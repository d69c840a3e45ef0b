"""Catalogue entries in words."""

from __future__ import annotations

from profiler.analysis.methods import Listed
from profiler.records.catalogue import MethodSpec, Parameter, Requirements
from profiler.report.methods_text import detail, needs, parameter_text, verdict

SPEC = MethodSpec(
    name="thing",
    kind="quantise",
    target="a:b",
    doc="Does it.",
    source="paper",
    parameters=(Parameter("on", "bool", True, "whether"),),
    formula="W' = W",
    limits="none",
    weight_bits=4.0,
    layers=("linear", "conv"),
    aliases=("stuff",),
)


def test_needs_are_one_line_in_pip_names() -> None:
    requires = Requirements(
        packages=("torch_pruning",), devices=("cuda",), capability=(8, 9), refused={"cpu": "slow"}
    )
    assert needs(requires) == (
        "package torch-pruning; cuda; compute capability 8.9; not on cpu (slow)"
    )
    assert needs(requires, reasons=False).endswith("not on cpu")
    assert not needs(Requirements())


def test_parameters_tell_default_choices_and_range() -> None:
    share = Parameter("ratio", "float", 0.3, "share", minimum=0.01, maximum=0.75)
    assert parameter_text(share) == "`ratio` (float, default 0.3, from 0.01 to 0.75): share"
    open_ended = Parameter("size", "int", 1, "items", minimum=0)
    assert "at least 0" in parameter_text(open_ended)
    assert "default ''" in parameter_text(Parameter("source", "str", "", "path"))
    assert "one of a, b" in parameter_text(Parameter("way", "str", "a", "x", choices=("a", "b")))


def test_detail_holds_everything_that_is_known() -> None:
    told = detail(Listed(SPEC, "quantise"))
    for text in ("thing: quantisation", "W' = W", "also called: stuff", "on (bool, default true)"):
        assert text in told
    assert "bits a weight: 4.00 in linear and conv layers" in told
    assert "runs there: yes" in told


def test_verdict_tells_reasons_and_packages_apart() -> None:
    assert verdict(Listed(SPEC, "quantise", reason="thing needs a GPU")) == "no: thing needs a GPU"
    lacking = Listed(SPEC, "quantise", lacks=("torch_pruning",))
    assert verdict(lacking) == ("yes; needs package torch-pruning, not installed on this machine")
