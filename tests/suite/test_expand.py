"""Axes, include, exclude and baseline give the cells that the file describes, each once."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.records.cell import MethodUse
from profiler.suite.build import build_suite
from profiler.suite.source import parse_document


def labels(explained) -> list[str]:
    return [cell.label() for cell in explained.spec.cells]


def test_no_axes_give_the_model_as_it_is(read) -> None:
    spec = read().spec
    (cell,) = spec.cells
    assert (cell.width_px, cell.steps, cell.guidance, cell.scheduler) == (64, 20, 3.0, "ddim")
    assert (cell.weights, cell.precision, cell.batch_size, cell.seed) == ("embedded", "fp32", 1, 0)
    assert spec.baseline == cell
    assert spec.baseline_for(cell) is None


def test_product_with_the_baseline_first(read) -> None:
    explained = read(
        "axes: {precision: [bf16, fp32], batch_size: [1, 4]}\nbaseline: {precision: fp32}\n"
    )
    assert labels(explained) == [
        "tiny-sd fp32 64x64 b1 20 steps",
        "tiny-sd bf16 64x64 b1 20 steps",
        "tiny-sd bf16 64x64 b4 20 steps",
        "tiny-sd fp32 64x64 b4 20 steps",
    ]
    spec = explained.spec
    assert spec.baseline_for(spec.cells[1]) == spec.cells[0]


def test_parameter_axis_multiplies_only_its_method(read) -> None:
    cells = read(
        """
        axes:
          compression: [none, structured-pruning, [structured-pruning, absmax-int8]]
          structured-pruning.ratio: [0.2, 0.4]
        """
    ).spec.cells
    ratios = [[use.parameters.get("ratio") for use in cell.compression] for cell in cells]
    assert ratios == [[], [0.2], [0.4], [0.2, None], [0.4, None]]


def test_parameter_given_in_the_entry_stays(read) -> None:
    cells = read(
        """
        axes:
          compression:
            - structured-pruning
            - {method: structured-pruning, parameters: {ratio: 0.5}}
          structured-pruning.ratio: [0.2, 0.4]
        """
    ).spec.cells
    assert [cell.compression[0].parameters["ratio"] for cell in cells] == [0.2, 0.4, 0.5]


def test_defaults_and_components_are_filled_in(read) -> None:
    entry = "{method: absmax-int8, components: [vae, unet]}"
    cell = read(f"axes: {{compression: [{entry}]}}\n").spec.cells[0]
    expected = MethodUse(
        "absmax-int8", ("unet", "vae"), {"granularity": "channel", "convolutions": True}
    )
    assert cell.compression == (expected,)


def test_optimisations_are_the_same_cell_in_any_order(read) -> None:
    explained = read(
        "axes: {optimisations: [[vae-slicing, compile], [compile, vae-slicing], none]}\n"
    )
    assert len(explained.spec.cells) == 2
    assert [use.method for use in explained.spec.cells[0].optimisations] == [
        "vae-slicing",
        "compile",
    ]


def test_include_adds_partial_cells(read) -> None:
    cells = read(
        """
        axes: {precision: [fp32, bf16], compression: [none, structured-pruning]}
        include:
          - {batch_size: 4}
          - {compression: structured-pruning, structured-pruning.ratio: 0.5, seed: 3}
          - {precision: fp32}
        """
    ).spec.cells
    assert len(cells) == 6
    assert (cells[4].batch_size, cells[4].precision) == (4, "fp32")
    assert (cells[5].compression[0].parameters["ratio"], cells[5].seed) == (0.5, 3)


def test_exclude_is_explained_and_include_wins(read) -> None:
    explained = read(
        """
        axes:
          compression: [none, absmax-int8, [structured-pruning, absmax-int8]]
          precision: [fp32, bf16]
        exclude:
          - {compression: absmax-int8, precision: bf16}
          - {compression: [[absmax-int8]], precision: [fp32, bf16]}
        include:
          - {compression: absmax-int8}
        """
    )
    assert [cell.label().split(" 64")[0] for cell in explained.spec.cells] == [
        "tiny-sd fp32",
        "tiny-sd bf16",
        "tiny-sd fp32 structured-pruning(ratio=0.3, round_to=8) "
        "absmax-int8(convolutions=True, granularity=channel)",
        "tiny-sd fp32 absmax-int8(convolutions=True, granularity=channel)",
    ]
    assert [entry.pattern.split(" ")[0] for entry in explained.excluded] == ["exclude[0]"] * 2


def test_exclude_by_number_resolution_and_parameter(read) -> None:
    explained = read(
        """
        axes:
          compression: [none, structured-pruning]
          structured-pruning.ratio: [0.2, 0.4]
          resolution: [64, 96x64]
          batch_size: [1, 2]
        exclude:
          - {resolution: 96x64, batch_size: [2, 3]}
          - {structured-pruning.ratio: 0.4}
          - {compression: none, batch_size: 2}
        """
    )
    kept = [
        (c.compression[0].parameters["ratio"] if c.compression else None, c.width_px, c.batch_size)
        for c in explained.spec.cells
    ]
    assert kept == [(None, 64, 1), (None, 96, 1), (0.2, 64, 1), (0.2, 64, 2), (0.2, 96, 1)]


def test_the_baseline_is_kept_against_any_pattern(read) -> None:
    explained = read("axes: {precision: [fp32, bf16]}\nexclude: [{precision: fp32}]\n")
    assert [cell.precision for cell in explained.spec.cells] == ["fp32", "bf16"]
    assert explained.excluded == ()


def test_each_model_has_its_own_defaults_and_baseline(read) -> None:
    head = "schema_version: 1\nname: two\nmodels: [tiny-sd, {name: sd15, weights: random}]\n"
    spec = read("axes: {precision: [fp32, bf16]}\n", head=head).spec
    assert [(cell.model, cell.width_px) for cell in spec.cells[:2]] == [
        ("tiny-sd", 64),
        ("sd15", 512),
    ]
    assert spec.cells[0].prompts != spec.cells[1].prompts
    last = spec.cells[-1]
    assert (last.model, last.weights, last.precision) == ("sd15", "random", "bf16")
    assert spec.baseline_for(last) == spec.cells[1] == spec.baselines[0]


def test_weights_from_a_folder_are_relative_to_the_file(read, tmp_path: Path) -> None:
    head = "schema_version: 1\nname: own\nmodels: [{name: sd15, weights: ./mine}]\n"
    assert read("", head=head).spec.cells[0].weights == (tmp_path / "mine").resolve().as_posix()


def test_prompts_as_list_and_file(read, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("# own\na cat\n\n a dog \n", encoding="utf-8")
    assert read("prompts: {file: p.txt}\n").spec.cells[0].prompts == ("a cat", "a dog")
    spec = read("prompts: [one, 'no']\n").spec
    assert spec.cells[0].prompts == ("one", "no")
    assert spec.quality.images == 2


def test_measure_and_quality(read) -> None:
    spec = read(
        """
        measure: {timeout: 1h30m, memory_limit: 4GiB, target_relative_ci: 2 %, max_repeats: 9}
        quality: {metrics: [ssim], images: 5, keep_images: 0}
        """
    ).spec
    assert (spec.measure.timeout_s, spec.measure.memory_limit_bytes) == (5400.0, 4 * 2**30)
    assert (spec.measure.target_relative_ci, spec.measure.max_repeats) == (0.02, 9)
    assert (spec.quality.metrics, spec.quality.images, spec.quality.keep_images) == (
        ("ssim",),
        5,
        0,
    )
    assert read().spec.quality.metrics == ("psnr", "ssim", "prompt_alignment", "clip_score")


def test_anchors_aliases_and_merge_keys(read) -> None:
    cells = read(
        """
        axes: {precision: &some [fp32, bf16]}
        include:
          - &base {batch_size: 4, steps: 5}
          - {<<: *base, steps: 6}
        exclude: []
        """
    ).spec.cells
    assert [(cell.batch_size, cell.steps) for cell in cells[2:]] == [(4, 5), (4, 6)]


sizes = st.lists(st.integers(1, 6), unique=True, min_size=1)


@settings(max_examples=40, deadline=None)
@given(
    batch=sizes,
    steps=sizes,
    precisions=st.lists(st.sampled_from(["fp32", "bf16", "fp16"]), unique=True, min_size=1),
    ratios=st.lists(st.sampled_from([0.1, 0.2, 0.3]), unique=True, min_size=1),
)
def test_count_is_the_product(batch, steps, precisions, ratios) -> None:
    text = (
        "schema_version: 1\nname: p\nmodels: [tiny-sd]\naxes:\n"
        f"  batch_size: {batch}\n  steps: {steps}\n  precision: {precisions}\n"
        f"  compression: [none, structured-pruning]\n  structured-pruning.ratio: {ratios}\n"
    )
    cells = build_suite(parse_document(text, "p.yaml"), Path("p.yaml")).spec.cells
    assert len(cells) == (1 + len(ratios)) * prod(map(len, (batch, steps, precisions)))
    assert len({cell.cell_id for cell in cells}) == len(cells)


@pytest.mark.parametrize("text", ["guidance: [7]", "guidance: [7.0]", "guidance: [7e0]"])
def test_equal_numbers_are_one_cell(read, text: str) -> None:
    assert read(f"axes: {{{text}}}\n").spec.cells[0].guidance == 7.0
