"""The expressions of `--only` select the cells they describe, and explain their mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.errors import InputError
from profiler.records.cell import MethodUse
from profiler.suite.select import matches
from tests.factories import int8_cell, make_cell

PRUNED = make_cell(
    precision="bf16",
    batch_size=4,
    width_px=96,
    compression=(
        MethodUse("structured-pruning", ("unet",), {"ratio": 0.3, "round_to": 8}),
        MethodUse("absmax-int8", ("unet",), {"granularity": "tensor", "convolutions": True}),
    ),
    optimisations=(MethodUse("vae-slicing"),),
)


@pytest.mark.parametrize(
    "expression",
    [
        "precision=bf16",
        "precision == bf16 and compression~int8 and batch_size<=4",
        "model=tiny-sd",
        "not precision=fp32",
        "not not precision=bf16",
        "precision=fp32 or precision=bf16 and batch_size=4",
        "(precision=fp32 or precision=bf16) and batch_size>3",
        "compression=structured-pruning+absmax-int8",
        "compression!=none",
        "compression~'granularity=tensor'",
        "compression !~ nf4",
        "optimisations=vae-slicing",
        "structured-pruning.ratio=0.3",
        "structured-pruning.ratio>=0.3 and structured-pruning.ratio<0.4",
        "absmax-int8.convolutions=true",
        "resolution=96x64",
        "resolution>64",
        "guidance=3",
        "label~'b4 20 steps'",
        f"cell_id={PRUNED.cell_id}",
    ],
)
def test_selects(expression: str) -> None:
    assert matches(expression)(PRUNED)


@pytest.mark.parametrize(
    "expression",
    [
        "precision=fp32",
        "compression=none",
        "compression=absmax-int8",
        "batch_size!=4",
        "resolution=96",
        "structured-pruning.ratio>0.3",
        "bnb-int8.threshold=6",
        "not (precision=bf16 or batch_size=1)",
        "seed>0",
    ],
)
def test_does_not_select(expression: str) -> None:
    assert not matches(expression)(PRUNED)


def test_none_and_plain_names() -> None:
    assert matches("compression=none and optimisations=none")(make_cell())
    assert matches("compression=absmax-int8 and resolution=64")(int8_cell())


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("precison=bf16", "column 1: unknown field 'precison' - did you mean 'precision'"),
        ("precision bf16", "column 11: expected =, !=, ~, !~, <, <=, > or >=, found 'bf16'"),
        ("precision=", "column 11: expected a value, found the end"),
        ("batch_size<=two", "column 13: <= needs a number"),
        ("(precision=bf16", "column 16: expected ')', found the end"),
        ("precision=bf16 batch_size=1", "column 16: expected 'and', 'or' or the end"),
        ("", "column 1: expected a field such as precision"),
        ("precision=bf16 and", "expected a field"),
        ("precision='bf16", "column 11: cannot read this"),
        ("__import__('os')", "column 1: unknown field '__import__'"),
        ("(" * 5000, "too many brackets"),
        ("precision<3", "column 10: precision is a text: use =, !=, ~ or !~"),
        ("steps=two", "column 7: steps needs a number, found 'two'"),
        ("batch_size<=nan", "column 13: <= needs a number"),
        ("absmax-int8.granularty=x", "did you mean 'absmax-int8.granularity'"),
        ("foo.bar=3", "column 1: unknown field 'foo.bar'; known: "),
    ],
)
def test_mistakes_are_told_with_the_column(expression: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        matches(expression)
    assert told in str(caught.value)


def test_message_points_at_the_place() -> None:
    with pytest.raises(InputError) as caught:
        matches("steps=20 and sped=2")
    lines = str(caught.value).splitlines()
    assert lines[1][lines[2].index("^") :].startswith("sped")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_test_or_a_clear_error(text: str) -> None:
    try:
        test = matches(text)
    except InputError:
        return
    assert test(PRUNED) in (True, False)
