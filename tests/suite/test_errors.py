"""Every mistake in a suite is told with file, line, column, key and the next move."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.errors import InputError
from profiler.suite import load_suite

# The head has three lines, so that a mistake in the first line of the text is in line 4.
MISTAKES = [
    (
        "axes:\n  compresion: [none]\n",
        "5:3: axes.compresion: unknown key - did you mean 'compression'",
    ),
    (
        "axes:\n  precision: [bf61]\n",
        "5:15: axes.precision[0]: unknown precision 'bf61' - did you mean 'bf16'",
    ),
    (
        "axes:\n  precision: fp32\n",
        "5:14: axes.precision: expected a list; write it as [value, value], got 'fp32'",
    ),
    ("axes:\n  precision: []\n", "5:14: axes.precision: is empty; give at least one value"),
    ("axes:\n  precision:\n", "5:3: axes.precision: has no value; give one or remove the key"),
    ("axes:\n  batch_size: [1, 0]\n", "5:19: axes.batch_size[1]: must be at least 1, got 0"),
    ("axes:\n  batch_size: [1.5]\n", "axes.batch_size[0]: expected a whole number, got 1.5"),
    ("axes:\n  batch_size: [true]\n", "axes.batch_size[0]: expected a whole number, got True"),
    ("axes:\n  steps: ['20']\n", "axes.steps[0]: expected a whole number, got '20'"),
    (
        "axes:\n  resolution: [64by64]\n",
        "axes.resolution[0]: expected a side in pixels such as 512",
    ),
    ("axes:\n  resolution: [4]\n", "must be at least 8, got 4"),
    (
        "axes:\n  scheduler: [dimm]\n",
        "axes.scheduler[0]: unknown scheduler 'dimm' - did you mean 'ddim'",
    ),
    (
        "axes:\n  compression: [bnb-nf5]\n",
        "unknown compression method 'bnb-nf5' - did you mean 'bnb-nf4'",
    ),
    (
        "axes:\n  compression:\n    - {method: bnb-nf5}\n",
        "6:16: axes.compression[0].method: unknown compression method",
    ),
    (
        "axes:\n  compression:\n    - method: absmax-int8\n      parameter: {a: 1}\n",
        "7:7: axes.compression[0].parameter: unknown key - did you mean 'parameters'",
    ),
    (
        "axes:\n  compression: [{method: absmax-int8, parameters: {granularty: tensor}}]\n",
        "granularty: unknown parameter of absmax-int8 - did you mean 'granularity'?",
    ),
    (
        "axes:\n  compression: [{method: absmax-int8, parameters: {granularity: row}}]\n",
        "parameters.granularity: 'row' is not possible; known: channel, tensor",
    ),
    (
        "axes:\n  compression: [{method: absmax-int8, components: [unets]}]\n",
        "components[0]: absmax-int8 has no component 'unets' - did you mean 'unet'?",
    ),
    (
        "axes:\n  compression: [{method: structured-pruning, parameters: {ratio: 0.95}}]\n",
        "ratio: must be at most 0.75, got 0.95",
    ),
    (
        "axes:\n  compression: [[absmax-int8, structured-pruning]]\n",
        "wrong order (distil, prune, quantise); write [structured-pruning, absmax-int8]",
    ),
    (
        "axes:\n  compression: [[absmax-int8, bnb-nf4]]\n",
        "absmax-int8 and bnb-nf4 both quantise the unet",
    ),
    ("axes:\n  compression: [[none, absmax-int8]]\n", "'none' stands alone"),
    ("axes:\n  compression: [7]\n", "expected a method's name, a mapping with 'method', a list of"),
    (
        "axes:\n  optimisations: [[model-offload, sequential-offload]]\n",
        "model-offload and sequential-offload exclude each other",
    ),
    (
        "axes:\n  optimisations: [vae-slicin]\n",
        "unknown optimisation 'vae-slicin' - did you mean 'vae-slicing'",
    ),
    (
        "axes:\n  structured-pruning.ration: [0.2]\n",
        "5:3: axes.structured-pruning.ration: unknown parameter of a method - did you mean",
    ),
    (
        "axes:\n  structured-pruning.ratio: [0.2]\n",
        "5:3: axes.structured-pruning.ratio: no value of axes.compression holds structured-pruning",
    ),
    (
        "axes:\n  compression: [structured-pruning]\n  structured-pruning.ratio: 0.2\n",
        "6:29: axes.structured-pruning.ratio: expected a list",
    ),
    ("measure: {timeout: 10 parsecs}\n", "measure.timeout: expected a duration such as 90s"),
    ("measure: {memory_limit: 4 GoB}\n", "measure.memory_limit: expected a size such as 4GiB"),
    ("measure: {target_relative_ci: 120 %}\n", "must be less than 1"),
    (
        "measure: {min_repeats: 9, max_repeats: 3}\n",
        "measure.max_repeats: must be at least min_repeats (9)",
    ),
    (
        "quality: {metrics: [pnsr]}\n",
        "quality.metrics[0]: unknown metric 'pnsr' - did you mean 'psnr'?",
    ),
    ("prompts: [a, b]\nquality: {images: 3}\n", "asks for 3 images, but there are 2 prompts"),
    ("prompts: scene\n", "4:10: prompts: unknown prompt set 'scene' - did you mean 'scenes'"),
    ("prompts: {file: nowhere.txt}\n", "prompts.file: nowhere.txt: no such file"),
    ("prompts: ['']\n", "prompts[0]: is empty"),
    ("seed: -1\n", "seed: must be at least 0, got -1"),
    ("exclude: [{precision: bf16}]\n", "4:11: exclude[0]: excludes no cell (precision: bf16)"),
    (
        "exclude: [{precison: fp32}]\n",
        "exclude[0].precison: unknown key - did you mean 'precision'",
    ),
    ("exclude: [{}]\n", "exclude[0]: an empty pattern would exclude every cell"),
    ("include: [{stepps: 3}]\n", "4:12: include[0].stepps: unknown key - did you mean 'steps'?"),
    (
        "include: [{bnb-int8.threshold: 3}]\n",
        "include[0].bnb-int8.threshold: this cell does not use bnb-int8",
    ),
    (
        "baseline: {model: tiny-ds}\n",
        "baseline.model: unknown model 'tiny-ds' - did you mean 'tiny-sd'?",
    ),
    ("baseline: {weights: hub}\n", "baseline.weights: unknown weights 'hub'"),
    ("axis: {}\n", "4:1: axis: unknown key - did you mean 'axes'?"),
    ("name: again\n", "4:1: name: given twice, the first time in line 2"),
    ("axes: {precision: [fp32}\n", "not valid YAML"),
    ("seed: !!python/object:os.system x\n", "the tag"),
    ("seed: !secret x\n", "4:7: seed: the tag '!secret' is not supported"),
    ("7: x\n", "4:1: a key must be a text"),
    ("seed: *nowhere\n", "not valid YAML: found undefined alias"),
    ("exclude: &a [*a]\n", "an alias that holds itself"),
    ("axes: 5\n", "4:7: axes: expected a mapping of keys to values, got 5"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_mistake_is_told(complaint, text: str, told: str) -> None:
    message = complaint(text)
    assert told in message
    assert message.startswith("x.yaml:")


def test_message_names_place_exactly(complaint) -> None:
    message = complaint("axes:\n  stepz: [3]\n")
    assert message == "x.yaml:5:3: axes.stepz: unknown key - did you mean 'steps'?"


def test_several_mistakes_in_order_of_the_file(complaint) -> None:
    message = complaint("seed: x\nmeasure: {warmup: -1}\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == ["seed", "measure.warmup"]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("", "the file is empty"),
        ("- a\n", "expected a mapping of keys to values, got ['a']"),
        ("name: x\nmodels: [tiny-sd]\n", "schema_version: is missing; add 'schema_version'"),
        (
            "schema_version: 2\nname: x\nmodels: [tiny-sd]\n",
            "x.yaml:1:17: schema_version: must be 1, got 2",
        ),
        ("schema_version: 1\nname: A b\nmodels: [tiny-sd]\n", "use small letters, digits"),
        ("schema_version: 1\nname: x\nmodels: []\n", "x.yaml:3:9: models: is empty"),
        (
            "schema_version: 1\nname: x\nmodels: [sd51]\n",
            "models[0]: unknown model 'sd51' - did you mean 'sd21' or 'sd15'",
        ),
        (
            "schema_version: 1\nname: x\nmodels: [{name: sd15, weights: random1}]\n",
            "models[0].weights: unknown weights 'random1' - did you mean 'random'?; sd15 has",
        ),
    ],
)
def test_mistakes_at_the_top(complaint, head: str, told: str) -> None:
    assert told in complaint("", head=head)


def test_alias_bomb_is_refused_quickly(complaint) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "more than 50000 values (repeated aliases?)" in complaint("\n".join(lines) + "\n")


@pytest.mark.parametrize("bracket", ["[", "{a: "])
def test_deep_nesting_is_refused(complaint, bracket: str) -> None:
    message = complaint("exclude: " + bracket * 20_000)
    assert "nested deeper than" in message or "not valid YAML" in message


def test_too_many_cells_are_refused(complaint) -> None:
    text = f"axes:\n  steps: &many {list(range(1, 401))}\n  batch_size: *many\n"
    assert "axes: make 160000 cells, more than 100000" in complaint(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: x\ndescription: caf\xe9\n")
    for path, told in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.yaml", "no such file"),
        (latin, f"{latin}:2:17: is not UTF-8 text (byte 0xe9)"),
    ):
        with pytest.raises(InputError, match=r"yaml|folder") as caught:
            load_suite(str(path))
        assert told in str(caught.value)


def test_unknown_name_offers_the_nearest_suite() -> None:
    with pytest.raises(InputError, match="unknown suite 'quikstart' - did you mean 'quickstart'"):
        load_suite("quikstart")
