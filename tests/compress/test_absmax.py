"""Absmax int8: the formula's promises for any weights, and the layers against a reference."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn
from torch.nn import functional

from profiler.compress.absmax import (
    LEVELS,
    AbsmaxConv2d,
    AbsmaxLinear,
    quantise,
    quantise_tensor,
)
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db

SHAPES = arrays.array_shapes(min_dims=2, max_dims=4, max_side=5)
FINITE = st.floats(-(2.0**100), 2.0**100, width=32)
WEIGHTS = arrays.arrays(np.float32, SHAPES, elements=FINITE).map(torch.from_numpy)
GRANULARITIES = st.sampled_from(["channel", "tensor"])


@given(WEIGHTS, GRANULARITIES)
@settings(deadline=None)
def test_no_weight_moves_by_more_than_half_a_step(weight, granularity):
    levels, scale = quantise_tensor(weight, granularity)
    error = (weight.double() - levels.double() * scale.double()).abs()
    # Half a step, and the rounding of the division itself.
    assert (error <= scale.double() * (0.5 + 127 * 2.0**-22)).all()


@given(WEIGHTS, GRANULARITIES)
@settings(deadline=None)
def test_levels_are_symmetric_and_shapes_as_told(weight, granularity):
    levels, scale = quantise_tensor(weight, granularity)
    assert levels.dtype is torch.int8
    assert levels.shape == weight.shape
    assert levels.abs().max() <= LEVELS
    assert scale.dtype is torch.float32
    assert (scale > 0).all()
    channels = len(weight) if granularity == "channel" else 1
    assert scale.shape == (channels, *(1,) * (weight.ndim - 1))
    mirrored, same_scale = quantise_tensor(-weight, granularity)
    assert torch.equal(mirrored, -levels)
    assert torch.equal(same_scale, scale)


@given(WEIGHTS)
@settings(deadline=None)
def test_the_step_of_a_channel_is_never_above_that_of_the_tensor(weight):
    _, by_channel = quantise_tensor(weight, "channel")
    _, by_tensor = quantise_tensor(weight, "tensor")
    zeros = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True) <= 2.0**-100
    assert ((by_channel <= by_tensor) | zeros).all()


@given(
    arrays.arrays(np.int8, SHAPES, elements=st.integers(-LEVELS, LEVELS)),
    st.integers(-60, 60),
    GRANULARITIES,
)
@settings(deadline=None)
def test_representable_weights_come_back_exactly(numbers, exponent, granularity):
    levels = torch.from_numpy(numbers)
    levels.view(len(levels), -1)[:, 0] = LEVELS  # each channel uses its whole range
    weight = levels.float() * 2.0**exponent
    found, scale = quantise_tensor(weight, granularity)
    assert torch.equal(found, levels)
    assert torch.equal(found * scale, weight)


@given(WEIGHTS)
@settings(deadline=None)
def test_quantising_twice_changes_nothing_more(weight):
    levels, scale = quantise_tensor(weight, "channel")
    assume((levels.abs().amax(dim=tuple(range(1, levels.ndim))) == LEVELS).all())
    again, _ = quantise_tensor(levels * scale, "channel")
    assert torch.equal(again, levels)


def test_a_channel_of_zeros_stays_zero_and_harms_no_other():
    weight = torch.tensor([[0.0, 0.0], [1.0, -0.5]])
    levels, scale = quantise_tensor(weight, "channel")
    assert levels.tolist() == [[0, 0], [127, -64]]
    assert scale[0].item() == 1
    assert not quantise_tensor(torch.zeros(2, 3), "tensor")[0].any()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(make_context, bad):
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight[1, 2] = bad
    with pytest.raises(ValueError, match="finite"):
        quantise_tensor(layer.weight, "channel")
    with pytest.raises(Unsupported, match="unet"):
        quantise(nn.Sequential(layer), make_context())


def test_another_granularity_is_refused():
    with pytest.raises(ValueError, match="row"):
        quantise_tensor(torch.ones(2, 2), "row")


def test_trained_layers_lose_less_per_channel(shared_pipe):
    for layer in shared_pipe.unet.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            errors = []
            for granularity in ("channel", "tensor"):
                levels, scale = quantise_tensor(layer.weight, granularity)
                errors.append((layer.weight - levels * scale).square().mean().item())
            assert errors[0] <= errors[1] * 1.001


def near_product(quantised, layer, granularity):
    """The dequantised weights, after a check that they are Q times the scale but for rounding."""
    levels, scale = quantise_tensor(layer.weight, granularity)
    weight = quantised.dequantised(layer.weight.dtype)
    exact = levels.double() * scale.double()
    # The scale and the product may each be rounded once.
    step = torch.finfo(weight.dtype).eps
    assert weight.dtype is layer.weight.dtype
    assert ((weight.double() - exact).abs() <= 1.01 * step * exact.abs()).all()
    return weight


CONVOLUTIONS = (
    {"kernel_size": 3},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": (1, 3), "padding": (0, 2), "dilation": (1, 2)},
    {"kernel_size": 3, "padding": "same", "groups": 4},
    {"kernel_size": 3, "padding": 1, "padding_mode": "circular", "bias": False},
    {"kernel_size": 1, "bias": False},
)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("granularity", ["channel", "tensor"])
@pytest.mark.parametrize("arguments", CONVOLUTIONS)
@torch.no_grad()
def test_a_convolution_is_that_of_its_dequantised_weights(arguments, granularity, dtype):
    torch.manual_seed(2)
    layer = nn.Conv2d(8, 12, **arguments).to(dtype)
    quantised, reference = AbsmaxConv2d(layer, granularity), copy.deepcopy(layer)
    reference.weight.copy_(near_product(quantised, layer, granularity))
    x = torch.randn(2, 8, 9, 7).to(dtype)
    result = quantised(x)
    assert result.dtype is dtype
    assert torch.equal(result, reference(x))
    assert not torch.equal(result, layer(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_a_linear_layer_is_that_of_its_dequantised_weights(bias, dtype):
    torch.manual_seed(3)
    layer = nn.Linear(9, 5, bias=bias).to(dtype)
    quantised = AbsmaxLinear(layer)
    x = torch.randn(2, 4, 9).to(dtype)
    wanted = functional.linear(x, near_product(quantised, layer, "channel"), layer.bias)
    assert torch.equal(quantised(x), wanted)


@torch.no_grad()
def test_the_state_dict_carries_everything():
    torch.manual_seed(4)
    source, target = (nn.Sequential(AbsmaxConv2d(nn.Conv2d(3, 4, 3))) for _ in range(2))
    x = torch.randn(1, 3, 5, 5)
    assert not torch.equal(source(x), target(x))
    assert target.load_state_dict(source.state_dict()).missing_keys == []
    assert torch.equal(source(x), target(x))


def test_a_cast_does_not_round_the_scale():
    layer = AbsmaxLinear(nn.Linear(9, 5))
    before = layer.scale.clone()
    layer.to(torch.bfloat16)
    assert layer.scale.dtype is torch.float32
    assert torch.equal(layer.scale, before)
    assert layer.weight_int8.dtype is torch.int8
    assert layer.bias.dtype is torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("granularity", "least_db"), [("channel", 50), ("tensor", 40)])
def test_the_unet_of_tiny_sd_stays_near(shared_pipe, make_context, granularity, least_db, dtype):
    unet = copy.deepcopy(shared_pipe.unet).to(dtype)
    reference, before = predict(shared_pipe.unet), module_bytes(unet)
    layers = sum(isinstance(layer, (nn.Linear, nn.Conv2d)) for layer in unet.modules())
    applied = quantise(unet, make_context(dtype=dtype), granularity=granularity)
    assert applied.module is unet
    assert applied.layers_touched == applied.layers_total == layers
    result = predict(unet, dtype)
    assert result.dtype is dtype
    assert psnr_db(reference, result) > least_db
    assert module_bytes(unet) < 0.6 * before


def test_convolutions_are_left_on_request(shared_pipe, make_context):
    unet = copy.deepcopy(shared_pipe.unet)
    convolutions = [m for m in unet.modules() if type(m) is nn.Conv2d]
    linears = [m for m in unet.modules() if type(m) is nn.Linear]
    applied = quantise(unet, make_context(), convolutions=False)
    assert applied.layers_touched == len(linears)
    assert applied.layers_total == len(linears) + len(convolutions)
    assert [m for m in unet.modules() if type(m) is nn.Conv2d] == convolutions
    assert not [m for m in unet.modules() if type(m) is nn.Linear]
