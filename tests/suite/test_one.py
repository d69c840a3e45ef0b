"""One configuration: inline or in a file, as a chain or with precision and weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.errors import InputError, UnknownName
from profiler.suite.one import read_configuration


def methods(text: str) -> list[str]:
    return [use.method for use in read_configuration(text, "tiny-sd").chain]


def test_a_chain_is_written_as_in_suites() -> None:
    assert methods("none") == []
    assert methods("absmax-int8") == ["absmax-int8"]
    assert methods("[structured-pruning, absmax-int8]") == ["structured-pruning", "absmax-int8"]
    text = "{method: magnitude-pruning, components: [unet, vae], parameters: {sparsity: 0.7}}"
    (use,) = read_configuration(text, "tiny-sd").chain
    assert use.components == ("unet", "vae")
    assert use.parameters == {"sparsity": 0.7, "scope": "global", "convolutions": True}


def test_precision_and_weights_stand_beside_it(tmp_path: Path) -> None:
    asked = read_configuration("{compression: absmax-int8, precision: bf16}", "tiny-sd")
    assert (asked.precision, asked.weights) == ("bf16", None)
    file = tmp_path / "mine.yaml"
    file.write_text("compression:\n  - block-removal\nweights: ./models/mine\n")
    asked = read_configuration(str(file), "sd15")
    assert asked.weights == (tmp_path / "models" / "mine").resolve().as_posix()
    assert [use.parameters for use in asked.chain] == [{"variant": "small"}]
    assert read_configuration("weights: random", "sd15").weights == "random"
    assert read_configuration("precision: fp32", "tiny-sd").chain == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("absmax-int9", r"--config:1:1: compression: unknown .*did you mean 'absmax-int8'"),
        ("[absmax-int8, structured-pruning]", "--config:1:1: compression: .*wrong order"),
        (
            "{method: magnitude-pruning, parameters: {sparsity: 2}}",
            r":1:52: compression\.parameters\.sparsity: must be at most 0\.99",
        ),
        ("{compression: absmax-int8, precison: bf16}", ":1:28: .*precision"),
        ("{precision: bf15}", ":1:13: precision: .*bf16"),
        ("[", "--config:2:1: not valid YAML"),
        ("", "the file is empty"),
        ("missing.yaml", r"missing\.yaml: no such file"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_configuration(text, "tiny-sd")


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(UnknownName, match="tiny-sd"):
        read_configuration("none", "tiny-ds")
