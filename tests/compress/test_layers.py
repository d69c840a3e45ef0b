"""Layers in the place of layers."""

from __future__ import annotations

import torch
from torch import nn

from profiler.compress.layers import (
    count_weighted,
    is_plain,
    replace_layers,
    with_contiguous_inputs,
)


class Special(nn.Linear):
    """Somebody else's layer."""


def test_every_layer_of_the_kinds_is_replaced_at_any_depth():
    root = nn.Sequential(nn.Linear(2, 2), nn.ModuleDict({"a": nn.Sequential(nn.Conv2d(1, 1, 1))}))
    seen = []
    count = replace_layers(
        root, (nn.Linear, nn.Conv2d), lambda layer: seen.append(layer) or nn.ReLU()
    )
    assert count == len(seen) == 2
    assert [type(m) for m in root.modules() if not [*m.children()]] == [nn.ReLU, nn.ReLU]


def test_other_kinds_and_subclasses_stay():
    special, convolution = Special(2, 2), nn.Conv2d(1, 1, 1)
    root = nn.Sequential(special, convolution, nn.Linear(2, 2))
    assert replace_layers(root, (nn.Linear,), lambda _: nn.ReLU()) == 1
    assert root[0] is special
    assert root[1] is convolution
    assert type(root[2]) is nn.ReLU


def test_a_layer_in_two_places_is_made_once():
    shared = nn.Linear(2, 2)
    root = nn.Sequential(shared, nn.Sequential(shared))
    made = []
    assert replace_layers(root, (nn.Linear,), lambda _: made.append(nn.ReLU()) or made[-1]) == 1
    assert root[0] is root[1][0] is made[0]


def test_a_replacement_is_not_replaced_again():
    root = nn.Sequential(nn.Linear(2, 2))
    replace_layers(root, (nn.Linear,), lambda layer: nn.Sequential(nn.Linear(3, 3), layer))
    assert [layer.in_features for layer in root[0]] == [3, 2]


def test_weighted_layers_are_counted_with_subclasses(shared_pipe):
    assert count_weighted(nn.Sequential(Special(2, 2), nn.Conv2d(1, 1, 1), nn.ReLU())) == 2
    by_hand = [m for m in shared_pipe.unet.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    assert count_weighted(shared_pipe.unet) == len(by_hand) > 0


def test_plain_layers_are_of_the_class_with_dense_weights_of_16_bits_or_more():
    assert all(is_plain(layer) for layer in (nn.Linear(2, 2), nn.Conv2d(1, 1, 1).bfloat16()))
    assert not is_plain(Special(2, 2))
    assert not is_plain(nn.Linear(2, 2), (nn.Conv2d,))
    assert not is_plain(nn.Linear(2, 2).to(torch.float8_e4m3fn))
    sparse = nn.Linear(2, 2)
    sparse.weight = nn.Parameter(sparse.weight.detach().as_subclass(Foreign), requires_grad=False)
    assert not is_plain(sparse)
    assert replace_layers(nn.Sequential(sparse), (nn.Linear,), lambda _: nn.ReLU()) == 0


class Foreign(torch.Tensor):
    """Weights in somebody else's format."""


def test_inputs_can_be_made_contiguous():
    seen = []

    class Probe(nn.Module):
        def forward(self, x, factor):
            seen.append(x.is_contiguous())
            return x * factor

    x = torch.randn(2, 3).t()
    assert torch.equal(with_contiguous_inputs(Probe())(x, 2), x * 2)
    assert seen == [True]
