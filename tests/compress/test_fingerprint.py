"""The fingerprint sees every kind of change, and nothing where there is none."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from profiler.compress.bnb import int8
from profiler.compress.fingerprint import fingerprint


def module():
    torch.manual_seed(9)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(6, 5)).eval()


def add_to_one_weight(m):
    m[2].weight[3, 4] += 1e-3


def swap_two_rows(m):
    m[2].weight.copy_(m[2].weight.flip(0))


def change_a_buffer(m):
    m[1].running_mean[1] = 5


def cast(m):
    m.to(torch.bfloat16)


def reorder_memory(m):
    m.to(memory_format=torch.channels_last)


def replace_a_layer(m):
    m[2] = nn.Identity()


def set_a_flag(m):
    m[0].stride = (2, 2)
    m[0].switched = True


def patch_forward(m):
    m[2].forward = lambda x: x


def add_a_hook(m):
    m[2].register_forward_hook(lambda *_: None)


def quantise(m):
    int8(m, type("Context", (), {"device": "cpu"}))


CHANGES = (
    add_to_one_weight,
    swap_two_rows,
    change_a_buffer,
    cast,
    reorder_memory,
    replace_a_layer,
    set_a_flag,
    patch_forward,
    add_a_hook,
    quantise,
)


@pytest.mark.parametrize("change", CHANGES)
@torch.no_grad()
def test_each_kind_of_change_shows(change):
    changed = module()
    before = fingerprint(changed)
    change(changed)
    assert fingerprint(changed) != before


def test_equal_modules_have_equal_ones():
    one = module()
    assert fingerprint(one) == fingerprint(one) == fingerprint(module())
    assert fingerprint(copy.deepcopy(one)) == fingerprint(one)


@torch.no_grad()
def test_a_forward_pass_changes_nothing(shared_pipe):
    before = fingerprint(shared_pipe.text_encoder)
    shared_pipe.text_encoder(torch.arange(5)[None])
    assert fingerprint(shared_pipe.text_encoder) == before
