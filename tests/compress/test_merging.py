"""Merging: each algorithm against its formula, and the shipped specialists."""

from __future__ import annotations

import math

import pytest
import torch
from diffusers import UNet2DConditionModel

from profiler.compress.merging import MERGERS, Amounts, merge, specialist
from profiler.errors import InputError, Unsupported
from tests.compress.compare import predict

HALF = Amounts(weight=0.5, scale=1.0, density=0.5)


def run(algorithm, models, ancestor=None, amounts=HALF):
    tensors = [torch.tensor(model, dtype=torch.float32) for model in models]
    start = torch.zeros_like(tensors[0]) if ancestor is None else torch.tensor(ancestor)
    return MERGERS[algorithm](start, tensors, amounts)


def test_average_of_two_and_of_three():
    quarter = Amounts(0.25, 1.0, 0.5)
    assert run("average", [[0.0], [4.0]], amounts=quarter).tolist() == [1.0]
    assert run("average", [[0.0], [4.0], [8.0]]).tolist() == [3.0]


def test_slerp_goes_along_the_arc():
    middle = run("slerp", [[1.0, 0.0], [0.0, 1.0]])
    assert middle.tolist() == pytest.approx([math.sqrt(0.5)] * 2)
    third = run("slerp", [[1.0, 0.0], [0.0, 1.0]], amounts=Amounts(1 / 3, 1.0, 0.5))
    assert third.tolist() == pytest.approx([math.cos(math.pi / 6), math.sin(math.pi / 6)])
    for t, end in ((0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])):
        found = run("slerp", [[1.0, 0.0], [0.0, 1.0]], amounts=Amounts(t, 1.0, 0.5))
        assert found.tolist() == pytest.approx(end, abs=1e-6)


@pytest.mark.parametrize("second", [[2.0, 4.0], [-1.0, -2.0], [0.0, 0.0]])
def test_slerp_of_parallel_tensors_is_a_straight_line(second):
    middle = run("slerp", [[1.0, 2.0], second])
    expected = [(1 + second[0]) / 2, (2 + second[1]) / 2]
    assert middle.tolist() == pytest.approx(expected, abs=1e-3)


def test_add_difference_and_task_arithmetic():
    models, ancestor = [[3.0, 1.0], [2.0, 5.0]], [1.0, 1.0]
    both = Amounts(0.5, 0.5, 0.5)
    assert run("add-difference", models, ancestor, both).tolist() == [3.5, 3.0]
    assert run("task-arithmetic", models, ancestor, both).tolist() == [2.5, 3.0]


def test_ties_trims_elects_and_averages():
    ancestor = [10.0, 10.0, 10.0, 10.0]
    first = [14.0, 10.1, 12.0, 10.2]  # half kept: +4, -, +2, -
    second = [12.0, 9.9, 7.0, 10.1]  # half kept: +2, -, -3, -
    # Sign of the third by total: 2 - 3 < 0, so only the second counts.
    found = run("ties", [first, second], ancestor)
    assert found.tolist() == pytest.approx([13.0, 10.0, 7.0, 10.0])


@pytest.mark.parametrize("algorithm", MERGERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_specialists_become_one(shared_pipe, make_context, algorithm, dtype):
    applied = merge(shared_pipe.unet, make_context(dtype=dtype), algorithm=algorithm)
    assert applied.module.dtype == dtype
    assert predict(applied.module, dtype).isfinite().all()
    assert applied.details["bytes_of_many"] == 2 * applied.details["bytes_of_one"]
    assert applied.details["bytes_of_one"] == 219_720 * dtype.itemsize
    assert applied.details["share"] == 0.5
    assert applied.details["models"] == 2


def test_average_of_the_specialists_lies_between_them(shared_pipe, make_context):
    context = make_context()
    one, other = (
        specialist(shared_pipe.unet, context, name=name).module for name in ("angular", "round")
    )
    merged = merge(shared_pipe.unet, context).module
    for name, weight in merged.named_parameters():
        expected = (one.get_parameter(name) + other.get_parameter(name)) / 2
        assert torch.allclose(weight, expected, atol=1e-6)
    assert not torch.equal(one.conv_in.weight, other.conv_in.weight)


@pytest.fixture
def tuned(two_levels, tmp_path):
    """Two fine-tunes of the small UNet with random differences, as folders."""
    folders = []
    for number in range(2):
        torch.manual_seed(number)
        tune = UNet2DConditionModel.from_config(two_levels.config)
        tune.load_state_dict({k: v + 0.01 for k, v in two_levels.state_dict().items()})
        with torch.no_grad():
            tune.conv_in.bias.fill_(float(number))
        tune.save_pretrained(tmp_path / str(number))
        folders.append(str(tmp_path / str(number)))
    return folders


@pytest.fixture
def foreign(shared_pipe, two_levels, make_context, monkeypatch):
    """The context of a pipeline of Stable Diffusion's shape."""

    class Pipe:
        unet = two_levels

    return make_context(model="sd15", pipe=Pipe())


def test_the_own_unet_is_the_ancestor_of_other_models(two_levels, foreign, tuned):
    before = two_levels.conv_in.bias.clone()
    applied = merge(two_levels, foreign, algorithm="task-arithmetic", sources=",".join(tuned))
    found = applied.module.conv_in.bias
    assert torch.allclose(found, before + (0 - before) + (1 - before), atol=1e-6)
    assert torch.equal(two_levels.conv_in.bias, before)


def test_one_source_is_averaged_with_the_own_unet(two_levels, foreign, tuned):
    applied = merge(two_levels, foreign, sources=tuned[1], weight=0.25)
    expected = 0.75 * two_levels.conv_in.bias + 0.25
    assert torch.allclose(applied.module.conv_in.bias, expected, atol=1e-6)
    assert applied.details["share"] == 1.0


def test_mistakes_are_told(shared_pipe, make_context, two_levels, foreign, tuned):
    with pytest.raises(InputError, match="takes two models, and sources gives 3"):
        merge(two_levels, foreign, algorithm="slerp", sources=",".join([*tuned, tuned[0]]))
    with pytest.raises(InputError, match="sources is empty"):
        merge(two_levels, foreign, sources=" , ")
    with pytest.raises(InputError, match=r"angular, round ship with tiny-sd.*for sd15, name"):
        merge(two_levels, foreign)
    with pytest.raises(
        InputError, match="cannot be merged with angular; the specialists that ship"
    ):
        merge(shared_pipe.unet, make_context(), sources=f"angular,{tuned[0]}")
    with pytest.raises(InputError, match="no specialist 'square'"):
        specialist(shared_pipe.unet, make_context(), name="square")


def test_another_architecture_is_refused(shared_pipe, make_context, tmp_path):
    config = {**shared_pipe.unet.config, "block_out_channels": (32, 32)}
    UNet2DConditionModel.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(Unsupported, match="is of another architecture"):
        merge(shared_pipe.unet, make_context(), sources=str(tmp_path))
