"""Mixed precision: a method or a number format for each component, as one value of the axis."""

from __future__ import annotations

import jsonschema
import pytest

from profiler.records.cell import MethodUse
from profiler.suite.schema import json_schema


def chain_of(read, text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(use.method, use.components) for use in uses_of(read, text)]


def uses_of(read, text: str) -> tuple[MethodUse, ...]:
    """The chain of the only cell beside the baseline."""
    explained = read(f"axes: {{compression: [none, {text}]}}\nbaseline: {{compression: none}}\n")
    (cell,) = (cell for cell in explained.spec.cells if cell.compression)
    return cell.compression


def test_a_method_for_each_component(read) -> None:
    found = uses_of(read, "{text_encoder: bnb-int8, unet: absmax-int8, vae: bf16}")
    assert [(use.method, use.components) for use in found] == [
        ("absmax-int8", ("unet",)),
        ("bnb-int8", ("text_encoder",)),
        ("cast", ("vae",)),
    ]
    assert found[-1].parameters == {"dtype": "bf16"}
    assert found[0].parameters["granularity"] == "channel"


def test_several_for_one_component_get_the_order_of_the_catalogue(read) -> None:
    text = "{unet: [absmax-int8, {method: structured-pruning, parameters: {ratio: 0.2}}]}"
    found = uses_of(read, text)
    assert [use.method for use in found] == ["structured-pruning", "absmax-int8"]
    assert found[0].parameters["ratio"] == 0.2
    text = "{vae: [bf16, tiny-vae], unet: distilled-student}"
    assert chain_of(read, text) == [
        ("distilled-student", ("unet",)),
        ("tiny-vae", ("vae",)),
        ("cast", ("vae",)),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{vae: absmax-int8, unet: absmax-int8}", "{method: absmax-int8, components: [unet, vae]}"),
        ("{unet: bnb-nf4, vae: bf16}", "{vae: bf16, unet: {method: bnb-nf4}}"),
        ("{unet: absmax-int8, vae: none}", "absmax-int8"),
        ("{vae: fp32}", "{method: cast, components: [vae]}"),
    ],
)
def test_what_means_the_same_is_the_same_cell(read, one: str, other: str) -> None:
    assert uses_of(read, one) == uses_of(read, other)


def test_other_parameters_stay_apart(read) -> None:
    text = "{vae: {method: absmax-int8, parameters: {granularity: tensor}}, unet: absmax-int8}"
    assert chain_of(read, text) == [("absmax-int8", ("unet",)), ("absmax-int8", ("vae",))]
    assert chain_of(read, "{unet: bf16, vae: fp32}") == [("cast", ("unet",)), ("cast", ("vae",))]


def test_axes_of_parameters_reach_the_components(read) -> None:
    text = """\
    axes:
      compression: [{unet: structured-pruning, vae: bf16}]
      structured-pruning.ratio: [0.2, 0.4]
    """
    ratios = [cell.compression[0].parameters["ratio"] for cell in read(text).spec.cells]
    assert ratios == [0.2, 0.4]


def test_single_cells_take_it_as_well(read) -> None:
    cells = read("include: [{compression: {vae: bf16}}]\n").spec.cells
    assert cells[1].compression == (MethodUse("cast", ("vae",), {"dtype": "bf16"}),)


MISTAKES = [
    (
        "{unett: absmax-int8}",
        "4:23: axes.compression[0].unett: unknown component - did you mean 'unet'?",
    ),
    (
        "{unet: absmax-int9}",
        "4:29: axes.compression[0].unet: unknown compression method or precision 'absmax-int9' "
        "- did you mean 'absmax-int8'?",
    ),
    (
        "{vae: bf61}",
        "axes.compression[0].vae: unknown compression method or precision 'bf61' - did you mean "
        "'bf16'?",
    ),
    (
        "{vae: structured-pruning}",
        "axes.compression[0].vae: structured-pruning is for unet, not for vae",
    ),
    (
        "{unet: [absmax-int8, absmax-int8]}",
        "axes.compression[0].unet[1]: absmax-int8 stands here twice",
    ),
    ("{unet: [absmax-int8, none]}", "4:43: axes.compression[0].unet[1]: 'none' stands alone"),
    ("{unet: [absmax-int8, bnb-nf4]}", "absmax-int8 and bnb-nf4 both quantise the unet"),
    ("{unet: [absmax-int8, bf16]}", "cast cannot be applied to the unet, which absmax-int8"),
    (
        "{unet: {method: absmax-int8, components: [vae]}}",
        "axes.compression[0].unet.components: unknown key",
    ),
    (
        "{unet: {method: absmax-int8, parameters: {granularty: tensor}}}",
        "axes.compression[0].unet.parameters.granularty: unknown parameter of absmax-int8",
    ),
    ("{unet: 7}", "4:29: axes.compression[0].unet: expected the name of a method or precision"),
    ("{unet: [[absmax-int8]]}", "axes.compression[0].unet[0]: expected the name of a method"),
    ("{}", "axes.compression[0].method: is missing"),
    ("{metod: absmax-int8}", "axes.compression[0].metod: unknown key - did you mean 'method'?"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_mistake_is_told(complaint, text: str, told: str) -> None:
    message = complaint(f"axes: {{compression: [{text}]}}\n")
    assert told in message
    assert message.startswith("x.yaml:4:")


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ({"unet": "absmax-int8", "vae": "bf16", "text_encoder": ["bnb-int8"]}, True),
        ({"unet": {"method": "absmax-int8", "parameters": {"granularity": "tensor"}}}, True),
        ({"unet": {"method": "absmax-int8", "parameters": {"granularty": "tensor"}}}, False),
        ({"unett": "absmax-int8"}, False),
        ({"unet": "absmax-int9"}, False),
        ({"method": "absmax-int8", "components": ["unet"]}, True),
    ],
)
def test_the_schema_for_editors_knows_it(value: object, right: bool) -> None:
    suite = {"schema_version": 1, "name": "x", "models": ["tiny-sd"]}
    suite["axes"] = {"compression": [value]}
    errors = list(jsonschema.Draft202012Validator(json_schema()).iter_errors(suite))
    assert (not errors) is right
