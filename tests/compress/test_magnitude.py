"""Magnitude pruning: exactly the smallest go, nothing gets smaller, the sparse size is right."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from profiler.compress.fingerprint import fingerprint
from profiler.compress.magnitude import number_of_zeros, sparse_bytes, unstructured
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db


def weights(module, kinds=(nn.Linear, nn.Conv2d)):
    return [layer.weight for layer in module.modules() if type(layer) in kinds]


@torch.no_grad()
def pruned(module, context, **parameters):
    copied = copy.deepcopy(module)
    return copied, unstructured(copied, context, **parameters)


def test_the_smallest_of_all_layers_go(shared_pipe, make_context):
    unet, applied = pruned(shared_pipe.unet, make_context(), sparsity=0.3)
    before = torch.cat([w.detach().flatten() for w in weights(shared_pipe.unet)])
    after = torch.cat([w.detach().flatten() for w in weights(unet)])
    gone = after == 0
    assert int(gone.sum()) == round(0.3 * len(before)) == applied.details["zero_weights"]
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(after[~gone], before[~gone])
    assert applied.details["achieved_sparsity"] == pytest.approx(0.3, abs=1e-6)


def test_as_torch_prunes(shared_pipe, make_context):
    from torch.nn.utils import prune

    unet, _ = pruned(shared_pipe.unet, make_context(), sparsity=0.4)
    other = copy.deepcopy(shared_pipe.unet)
    layers = [(m, "weight") for m in other.modules() if type(m) in (nn.Linear, nn.Conv2d)]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=0.4)
    for layer, name in layers:
        prune.remove(layer, name)
    assert all(torch.equal(a, b) for a, b in zip(weights(unet), weights(other), strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_by_layer_each_loses_the_same_share_ties_included(shared_pipe, make_context, dtype):
    module = copy.deepcopy(shared_pipe.unet).to(dtype)
    unet, applied = pruned(module, make_context(dtype=dtype), sparsity=0.25, scope="layer")
    assert applied.details["achieved_sparsity"] == pytest.approx(0.25, abs=1e-3)
    for weight in weights(unet):
        assert number_of_zeros(weight) == round(0.25 * weight.numel())
        assert weight.dtype is dtype


def test_convolutions_can_be_left_alone(shared_pipe, make_context):
    unet, applied = pruned(shared_pipe.unet, make_context(), convolutions=False)
    assert applied.layers_touched == len(weights(unet, (nn.Linear,))) < applied.layers_total
    assert sum(map(number_of_zeros, weights(unet, (nn.Conv2d,)))) == 0


def test_nothing_gets_smaller_and_the_change_is_seen(shared_pipe, make_context):
    unet, applied = pruned(shared_pipe.unet, make_context(), sparsity=0.5)
    assert module_bytes(unet) == module_bytes(shared_pipe.unet)
    assert fingerprint(unet) != fingerprint(shared_pipe.unet)
    assert not [name for name, _ in unet.named_buffers() if "mask" in name]
    assert not any("orig" in name for name, _ in unet.named_parameters())
    assert applied.details["dense_file_bytes"] == module_bytes(unet)
    assert 5 < psnr_db(predict(shared_pipe.unet), predict(unet)) < 60


def test_the_sparse_size_is_bitmask_and_values(shared_pipe, make_context):
    unet, applied = pruned(shared_pipe.unet, make_context(), sparsity=0.5)
    saved = sum(
        min(w.numel() * 4, -(-w.numel() // 8) + int((w != 0).sum()) * 4) - w.numel() * 4
        for w in weights(unet)
    )
    assert applied.details["sparse_file_bytes"] == module_bytes(unet) + saved
    assert sparse_bytes(torch.tensor([0.0, 1.0, 0.0, 2.0, 0.0])) == 1 + 2 * 4
    # Without zeros a bitmask would only add to the file.
    assert sparse_bytes(torch.ones(8)) == 32


def test_what_cannot_be_pruned_is_refused(make_context):
    with pytest.raises(Unsupported, match="no layer to prune"):
        unstructured(nn.Sequential(nn.GroupNorm(1, 4)), make_context())
    broken = nn.Linear(4, 4)
    with torch.no_grad():
        broken.weight[0, 0] = float("nan")
    with pytest.raises(Unsupported, match="not finite"):
        unstructured(broken, make_context())
