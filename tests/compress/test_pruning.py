"""Structured pruning: what really goes, and that the rest still fits together."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from profiler.compress.absmax import quantise
from profiler.compress.bnb import int8, nf4
from profiler.compress.pruning import structured
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db

pytest.importorskip("torch_pruning")
QUANTISERS = {"absmax-int8": quantise, "bnb-int8": int8, "bnb-nf4": nf4}


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.fixture
def small_context(two_levels, make_context, shared_pipe):
    """The context of the UNet with two levels of cross attention."""
    pipe = SimpleNamespace(unet=two_levels, tokenizer=shared_pipe.tokenizer)
    return make_context(pipe=pipe)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tiny_sd_gets_smaller_and_still_predicts(shared_pipe, make_context, dtype):
    unet = copy.deepcopy(shared_pipe.unet).to(dtype)
    bytes_before = module_bytes(unet)
    applied = structured(unet, make_context(dtype=dtype), ratio=0.3, round_to=8)
    details = applied.details
    assert applied.module is unet
    assert details["asked_ratio"] == 0.3
    assert details["parameters_before"] == parameters(shared_pipe.unet)
    assert details["parameters_after"] == parameters(unet)
    share = 1 - details["parameters_after"] / details["parameters_before"]
    assert details["achieved_ratio"] == pytest.approx(share, abs=1e-4)
    assert 0.05 < details["achieved_ratio"] < 0.6
    assert module_bytes(unet) == round(bytes_before * (1 - share))
    result = predict(unet, dtype)
    assert result.shape == (2, 8, 8, 8)
    assert result.dtype is dtype
    assert result.isfinite().all()
    assert 10 < psnr_db(predict(shared_pipe.unet), result) < 60


def test_touched_layers_are_those_whose_shape_changed(shared_pipe, make_context):
    unet = copy.deepcopy(shared_pipe.unet)
    before = {n: m.weight.shape for n, m in unet.named_modules() if hasattr(m, "weight")}
    applied = structured(unet, make_context())
    layers = {n: m for n, m in unet.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))}
    changed = [name for name, layer in layers.items() if layer.weight.shape != before[name]]
    assert applied.layers_touched == len(changed) > 20
    assert applied.layers_total == len(layers)
    assert unet.conv_in.in_channels == unet.conv_out.out_channels == 8


@pytest.mark.parametrize(("ratio", "round_to"), [(0.3, 8), (0.3, 1), (0.5, 4)])
def test_two_levels_of_cross_attention_at_another_resolution(
    two_levels, small_context, ratio, round_to
):
    applied = structured(two_levels, small_context, ratio=ratio, round_to=round_to)
    assert 0.1 < applied.details["achieved_ratio"] < 0.9
    for side in (16, 32):
        result = predict(two_levels, side=side)
        assert result.shape == (2, 4, side, side)
        assert result.isfinite().all()
        assert result.std() > 0.01
    two_levels.set_attention_slice("auto")
    assert torch.allclose(predict(two_levels, side=32), result, atol=1e-4)


def test_channel_counts_are_told_truly(two_levels, small_context):
    from diffusers.models.attention_processor import Attention
    from diffusers.models.downsampling import Downsample2D
    from diffusers.models.upsampling import Upsample2D

    structured(two_levels, small_context, ratio=0.4)
    attentions = [m for m in two_levels.modules() if isinstance(m, Attention)]
    samplers = [m for m in two_levels.modules() if isinstance(m, (Downsample2D, Upsample2D))]
    assert attentions
    assert samplers
    for layer in attentions:
        assert layer.inner_dim == layer.to_q.out_features == layer.to_k.out_features
        assert layer.inner_dim % layer.heads == 0
    for layer in samplers:
        assert layer.channels == layer.conv.weight.shape[1]
        assert layer.out_channels == layer.conv.weight.shape[0]


def test_more_is_asked_more_goes(two_levels, small_context, make_context, shared_pipe):
    achieved = []
    for ratio in (0.2, 0.4, 0.6):
        unet = copy.deepcopy(two_levels)
        pipe = SimpleNamespace(unet=unet, tokenizer=shared_pipe.tokenizer)
        applied = structured(unet, make_context(pipe=pipe), ratio=ratio, round_to=1)
        achieved.append(applied.details["achieved_ratio"])
    assert achieved == sorted(set(achieved))


def test_the_same_weights_are_pruned_the_same(shared_pipe, make_context):
    first, second = (copy.deepcopy(shared_pipe.unet) for _ in range(2))
    for unet in (first, second):
        structured(unet, make_context())
    other = second.state_dict()
    assert all(torch.equal(value, other[name]) for name, value in first.state_dict().items())


def test_gradients_are_off_again(shared_pipe, make_context):
    unet = copy.deepcopy(shared_pipe.unet).requires_grad_(False)
    with torch.no_grad():
        structured(unet, make_context())
        assert not torch.is_grad_enabled()
    assert not any(p.requires_grad or p.grad is not None for p in unet.parameters())


@pytest.mark.parametrize("name", QUANTISERS)
@pytest.mark.parametrize("round_to", [8, 1])
def test_what_was_pruned_can_be_quantised(shared_pipe, make_context, name, round_to):
    unet = copy.deepcopy(shared_pipe.unet)
    structured(unet, make_context(), round_to=round_to)
    reference, before = predict(unet), module_bytes(unet)
    linears = sum(type(layer) is nn.Linear for layer in unet.modules())
    applied = QUANTISERS[name](unet, make_context())
    assert applied.layers_touched >= linears
    assert module_bytes(unet) < before
    # 4 bits lose more on a pruned net than on the full one; a wrong layer would give some 5 dB.
    assert psnr_db(reference, predict(unet)) > 20


@pytest.mark.parametrize("component", ["vae", "text_encoder"])
def test_other_components_are_refused_and_left_alone(shared_pipe, make_context, component):
    module = copy.deepcopy(getattr(shared_pipe, component))
    with pytest.raises(Unsupported, match=component):
        structured(module, make_context(component))
    assert parameters(module) == parameters(getattr(shared_pipe, component))
