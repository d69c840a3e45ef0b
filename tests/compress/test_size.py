"""Bytes of weights against sums by hand."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from profiler.compress.size import component_bytes, module_bytes, tensors_of


class Pair(torch.Tensor):
    """A tensor subclass of two plain tensors, as torchao makes them."""

    @staticmethod
    def __new__(cls, whole, scale):
        return torch.Tensor._make_wrapper_subclass(cls, whole.shape, dtype=torch.float32)

    def __init__(self, whole, scale):
        self.whole, self.scale = whole, scale

    def __tensor_flatten__(self):
        return ["whole", "scale"], None

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.detach.default:
            return args[0]
        raise RuntimeError(f"not needed here: {func}")


def parameter_bytes(module):
    return sum(p.numel() * p.element_size() for p in (*module.parameters(), *module.buffers()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_plain_weights_are_their_parameters_and_buffers(shared_pipe, dtype):
    for part in (shared_pipe.unet, shared_pipe.vae, shared_pipe.text_encoder):
        part = copy.deepcopy(part).to(dtype)  # noqa: PLW2901
        assert module_bytes(part) == parameter_bytes(part)


def test_a_layer_by_hand():
    assert module_bytes(nn.Linear(10, 4)) == 4 * (40 + 4)
    norm = nn.BatchNorm2d(3)  # weight, bias, mean, variance; and a count in 64 bits
    assert module_bytes(norm) == 4 * 4 * 3 + 8


def test_shared_storage_counts_once():
    first, second = nn.Linear(10, 4, bias=False), nn.Linear(10, 4, bias=False)
    both = nn.Sequential(first, second)
    assert module_bytes(both) == 320
    second.weight = first.weight
    assert module_bytes(both) == 160
    # A view of part of a storage keeps all of it alive.
    second.weight = nn.Parameter(first.weight.detach()[:2])
    assert module_bytes(both) == 160
    first.weight = nn.Parameter(torch.zeros(1, 10))
    assert module_bytes(both) == 160 + 40


def test_what_two_components_share_counts_in_the_first():
    layer = nn.Linear(10, 4, bias=False)
    other = nn.Sequential(layer, nn.Linear(2, 2, bias=False))
    parts = SimpleNamespace(components={"unet": layer, "scheduler": object(), "vae": other})
    assert component_bytes(parts) == {"unet": 160, "vae": 16}


def test_all_parts_of_a_pipeline_with_weights_are_listed(shared_pipe):
    sizes = component_bytes(shared_pipe)
    assert sizes == {
        name: module_bytes(getattr(shared_pipe, name)) for name in ("vae", "text_encoder", "unet")
    }


def test_tensor_subclasses_are_taken_apart():
    layer = nn.Linear(10, 4, bias=False)
    pair = Pair(torch.zeros(4, 10, dtype=torch.int8), torch.ones(4, 1))
    layer.weight = nn.Parameter(pair, requires_grad=False)
    assert sorted(t.dtype.itemsize for t in tensors_of(layer)) == [1, 4]
    assert module_bytes(layer) == 40 + 16


def test_a_subclass_within_a_subclass_is_taken_apart_as_quanto_packs_4_bits():
    layer = nn.Linear(10, 4, bias=False)
    packed = Pair(torch.zeros(2, 10, dtype=torch.uint8), torch.zeros(1, dtype=torch.uint8))
    layer.weight = nn.Parameter(Pair(packed, torch.ones(4, 1)), requires_grad=False)
    assert module_bytes(layer) == 20 + 1 + 16


def test_float8_weights_take_a_byte_each():
    assert module_bytes(nn.Linear(10, 4).to(torch.float8_e5m2)) == 44


def test_tensors_in_plain_attributes_count():
    layer = nn.Linear(10, 4, bias=False)
    layer.table = torch.zeros(5)
    layer.tables = {"a": [torch.zeros(7), (torch.zeros(9),)]}
    assert module_bytes(layer) == 160 + 4 * (5 + 7 + 9)


def test_a_reference_to_a_module_does_not_count_it():
    layer = nn.Linear(10, 4, bias=False)
    layer.__dict__["parent"] = nn.Linear(100, 100)
    layer.register_forward_hook(lambda *_: None)
    assert module_bytes(layer) == 160


def test_on_meta_each_tensor_is_its_own():
    with torch.device("meta"):
        assert module_bytes(nn.Sequential(nn.Linear(10, 4), nn.Linear(10, 4))) == 2 * 176


def test_no_weights_are_no_bytes():
    assert module_bytes(nn.Identity()) == 0
    assert module_bytes(nn.Linear(0, 4, bias=False)) == 0
