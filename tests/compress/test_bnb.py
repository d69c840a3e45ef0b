"""bitsandbytes on a CPU: which layers, how many bytes, and how near the output."""

from __future__ import annotations

import copy
from math import ceil

import pytest
import torch
from torch import nn

from profiler.compress.bnb import fp4, int8, nf4
from profiler.compress.size import module_bytes
from tests.compress.compare import predict, psnr_db

bnb = pytest.importorskip("bitsandbytes")
DTYPES = (torch.float32, torch.bfloat16)


def block(dtype=torch.float32):
    """Two linear layers, one with a bias, and a convolution."""
    torch.manual_seed(5)
    layers = (nn.Linear(128, 96), nn.ReLU(), nn.Linear(96, 37, bias=False), nn.Conv2d(1, 1, 1))
    return nn.Sequential(*layers).to(dtype).eval()


def four_bit_bytes(weights: int, blocks_of: int, *, double_quant: bool) -> int:
    """Dettmers et al. 2023, section 3: 4 bits each, 32 (or 8 and 32/256) bits a block; tables."""
    blocks = ceil(weights / blocks_of)
    table = 16 * 4
    if not double_quant:
        return ceil(weights / 2) + 4 * blocks + table
    offset, outer_table = 4, 256 * 4
    return ceil(weights / 2) + blocks + 4 * ceil(blocks / 256) + offset + table + outer_table


@pytest.mark.parametrize("dtype", DTYPES)
def test_int8_bytes_are_one_a_weight_and_a_scale_a_row(make_context, dtype):
    module = block(dtype)
    convolution = module_bytes(module[3])
    applied = int8(module, make_context(dtype=dtype))
    bias = 96 * dtype.itemsize
    assert (applied.layers_touched, applied.layers_total) == (2, 3)
    assert module_bytes(module) == 128 * 96 + 96 * 37 + 4 * (96 + 37) + bias + convolution
    assert [type(layer) for layer in module][::2] == [bnb.nn.Linear8bitLt] * 2
    assert module[0].weight.dtype is torch.int8


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", [nf4, fp4])
@pytest.mark.parametrize("double_quant", [True, False])
@pytest.mark.parametrize("block_size", [64, 128, 1024])
def test_4_bit_bytes_follow_the_formula(make_context, method, dtype, double_quant, block_size):
    module = block(dtype)
    kept = module_bytes(module[3]) + 96 * dtype.itemsize
    context = make_context(dtype=dtype)
    applied = method(module, context, double_quant=double_quant, block_size=block_size)
    weights = [
        four_bit_bytes(count, block_size, double_quant=double_quant)
        for count in (128 * 96, 96 * 37)
    ]
    assert (applied.layers_touched, applied.layers_total) == (2, 3)
    assert module_bytes(module) == sum(weights) + kept
    assert [type(layer) for layer in module][::2] == [bnb.nn.Linear4bit] * 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("method", "parameters", "least_db"),
    [
        (int8, {}, 50),
        (int8, {"threshold": 0.0}, 50),
        (nf4, {}, 35),
        (nf4, {"double_quant": False}, 35),
        (nf4, {"block_size": 4096}, 30),
        (fp4, {}, 33),
        (fp4, {"double_quant": False}, 33),
    ],
)
def test_the_unet_of_tiny_sd_stays_near(
    shared_pipe, make_context, method, parameters, least_db, dtype
):
    unet = copy.deepcopy(shared_pipe.unet).to(dtype)
    before = module_bytes(unet)
    linears = sum(type(layer) is nn.Linear for layer in unet.modules())
    applied = method(unet, make_context(dtype=dtype), **parameters)
    assert applied.layers_touched == applied.details["linear_layers"] == linears
    result = predict(unet, dtype)
    assert result.dtype is dtype
    assert least_db < psnr_db(predict(shared_pipe.unet), result) < 90
    assert module_bytes(unet) < before


@pytest.mark.parametrize("method", [nf4, fp4])
@pytest.mark.parametrize("block_size", [64, 128, 4096])
@pytest.mark.parametrize(
    ("inputs", "outputs"), [(320, 320), (320, 24), (24, 64), (72, 40), (33, 7)]
)
@torch.no_grad()
def test_4_bits_compute_in_every_shape_and_again(make_context, method, inputs, outputs, block_size):
    # Pruned layers and large blocks have shapes that bitsandbytes cannot repack for AVX512.
    torch.manual_seed(6)
    layer = nn.Linear(inputs, outputs).eval()
    module = nn.Sequential(copy.deepcopy(layer))
    method(module, make_context(), block_size=block_size)
    x = torch.randn(3, inputs)
    first, second = module(x), module(x)
    assert torch.equal(first, second)
    error = (first - layer(x)).std() / layer(x).std()
    assert 0.001 < error < 0.25


@torch.no_grad()
def test_outliers_are_kept_apart_below_the_threshold(make_context):
    torch.manual_seed(7)
    layer = nn.Linear(64, 64, bias=False).eval()
    x = torch.randn(8, 64)
    x[:, 3] *= 100  # one column of outliers spoils the steps of all others
    errors = {}
    for threshold in (0.0, 6.0):
        module = nn.Sequential(copy.deepcopy(layer))
        int8(module, make_context(), threshold=threshold)
        errors[threshold] = (module(x) - layer(x)).abs().mean().item()
    assert errors[6.0] < 0.5 * errors[0.0]


@pytest.mark.parametrize("method", [int8, nf4, fp4])
def test_modes_and_biases_are_those_of_the_old_layers(make_context, method):
    module = block(torch.bfloat16)
    bias = module[0].bias.detach().clone()
    method(module, make_context(dtype=torch.bfloat16))
    assert not module[0].training
    assert module[0].bias.dtype is torch.bfloat16
    assert torch.equal(module[0].bias, bias)
    assert module[2].bias is None
    assert not any(p.requires_grad for p in (module[0].weight, module[2].weight))


@pytest.mark.parametrize("method", [int8, nf4, fp4])
def test_what_is_quantised_already_stays(make_context, method):
    module = block()
    method(module, make_context())
    first = module[0]
    again = method(module, make_context())
    assert again.layers_touched == 0
    assert module[0] is first


def test_fp4_and_nf4_are_two_formats(shared_pipe, make_context):
    results = {}
    for method in (nf4, fp4):
        unet = copy.deepcopy(shared_pipe.unet)
        method(unet, make_context())
        results[method] = predict(unet)
    assert not torch.equal(results[nf4], results[fp4])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", [int8, nf4, fp4])
@torch.no_grad()
def test_transposed_inputs_give_what_contiguous_ones_give(make_context, method, dtype):
    # bitsandbytes' 4-bit CPU kernel reads them as if they were contiguous.
    torch.manual_seed(8)
    module = nn.Sequential(nn.Linear(64, 64)).to(dtype).eval()
    method(module, make_context(dtype=dtype))
    x = torch.randn(2, 64, 48, dtype=dtype).transpose(1, 2)
    assert not x.is_contiguous()
    assert torch.equal(module(x), module(x.contiguous()))
