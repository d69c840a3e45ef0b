"""torchao on a CPU: bytes by hand, nearness, repeatability, and nothing changed beside."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from profiler.compress.ao import (
    float8_dynamic,
    float8_weight,
    int4_weight,
    int8_dynamic,
    int8_weight,
    intx,
)
from profiler.compress.contract import CompressionContext
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db
from tests.compress.quantised import DTYPES, expected_bytes, layers_of, odd_layers, output, part

pytest.importorskip("torchao")
LINEAR_METHODS = (int8_weight, int8_dynamic, float8_weight)
gpu_only = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def rows_with(scale_bytes):
    """A byte a weight, and that many a row."""
    return lambda layer: layer.weight.numel() + scale_bytes * layer.weight.shape[0]


# The scale is fp32; int8 has a zero point of one byte beside it.
BYTES = {int8_weight: rows_with(5), int8_dynamic: rows_with(5), float8_weight: rows_with(4)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize(
    ("method", "least_db"), [(int8_weight, 50), (int8_dynamic, 48), (float8_weight, 45)]
)
def test_linear_layers_take_a_byte_a_weight(
    shared_pipe, make_context, method, least_db, component, dtype
):
    module = part(shared_pipe, component, dtype)
    linears, weighted = len(layers_of(module, convolutions=False)), len(layers_of(module))
    wanted = expected_bytes(module, BYTES[method], convolutions=False)
    applied = method(module, make_context(component, dtype))
    assert applied.layers_touched == applied.details["linear_layers"] == linears
    assert applied.layers_total == weighted
    assert module_bytes(module) == wanted
    assert module.dtype is dtype
    result = output(component, module, dtype)
    assert result.dtype is dtype
    reference = output(component, getattr(shared_pipe, component), torch.float32)
    assert least_db < psnr_db(reference, result) < 90


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("parameters", "least_db"),
    [
        ({}, 55),
        ({"convolutions": False}, 60),
        ({"bits": 4}, 33),
        ({"bits": 4, "group_size": 32}, 35),
        ({"bits": 2}, 15),
    ],
)
def test_intx_takes_a_byte_a_weight_whatever_the_bits(
    shared_pipe, make_context, parameters, least_db, dtype
):
    unet = part(shared_pipe, "unet", dtype)
    convolutions = parameters.get("convolutions", True)
    size = parameters.get("group_size", 0)

    def by_hand(layer):
        inputs = layer.weight.shape[1]
        groups = inputs // size if size and inputs % size == 0 else 1
        scales = groups * layer.weight.numel() // inputs
        if isinstance(layer, nn.Conv2d) and groups == 1:
            scales = layer.weight.shape[0] * layer.weight[0, 0].numel()
        return layer.weight.numel() + scales * (dtype.itemsize + 1)

    wanted = expected_bytes(unet, by_hand, convolutions=convolutions)
    count = len(layers_of(unet, convolutions=convolutions))
    applied = intx(unet, make_context(dtype=dtype), **parameters)
    assert applied.layers_touched == count
    assert applied.details["layers_by_group"] + applied.details["layers_by_row"] == count
    assert (applied.details["layers_by_group"] > 0) == (size > 0)
    assert module_bytes(unet) == wanted
    result = predict(unet, dtype)
    assert result.dtype is dtype
    assert least_db < psnr_db(predict(shared_pipe.unet), result) < 90


def test_fewer_bits_are_further_away(shared_pipe, make_context):
    reference, near = predict(shared_pipe.unet), []
    for bits in (2, 3, 5, 8):
        unet = copy.deepcopy(shared_pipe.unet)
        intx(unet, make_context(), bits=bits)
        near.append(psnr_db(reference, predict(unet)))
    assert near == sorted(near)


def test_a_group_that_divides_no_layer_is_refused(make_context):
    with pytest.raises(Unsupported, match=r"group_size 256 divides .* no layer of the unet"):
        intx(odd_layers(), make_context(), group_size=256)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", [*LINEAR_METHODS, intx])
@torch.no_grad()
def test_every_shape_works_and_again(make_context, method, dtype):
    module, x = odd_layers(dtype), torch.randn(2, 3, 8, 8, dtype=dtype)
    reference = odd_layers(dtype)(x)
    twin = copy.deepcopy(module)
    method(module, make_context(dtype=dtype))
    method(twin, make_context(dtype=dtype))
    assert torch.equal(module(x), module(x))
    assert torch.equal(module(x), twin(x))
    assert 20 < psnr_db(reference, module(x)) < 90


@pytest.mark.parametrize("method", [*LINEAR_METHODS, intx])
@torch.no_grad()
def test_transposed_inputs_give_what_contiguous_ones_give(make_context, method):
    module = nn.Sequential(nn.Linear(64, 64)).eval()
    method(module, make_context())
    x = torch.randn(2, 64, 48).transpose(1, 2)
    assert torch.allclose(module(x), module(x.contiguous()), atol=1e-5)


@pytest.mark.parametrize("method", [*LINEAR_METHODS, intx])
def test_what_is_quantised_stays_and_settings_too(make_context, method):
    from torch._inductor import config

    before = copy.deepcopy(config.get_config_copy())
    module = odd_layers()
    method(module, make_context())
    assert all("extra_repr" not in vars(layer) for layer in module)
    weight = module[3].weight
    assert int8_weight(module, make_context()).layers_touched == 0
    assert module[3].weight is weight
    assert config.get_config_copy() == before


def cuda_context(dtype):
    return CompressionContext(None, "unet", "cuda:0", dtype, "tiny-sd", "embedded", dict)


def test_int4_wants_bfloat16_and_a_layer_that_fits():
    with pytest.raises(Unsupported, match="needs bf16"):
        int4_weight(odd_layers(), cuda_context(torch.float32))
    with pytest.raises(Unsupported, match="multiple of group_size 128"):
        int4_weight(odd_layers(torch.bfloat16), cuda_context(torch.bfloat16))


@pytest.mark.gpu
@gpu_only
@pytest.mark.parametrize(
    ("method", "least_db"),
    [(int8_weight, 50), (int8_dynamic, 40), (float8_weight, 40), (float8_dynamic, 30), (intx, 45)],
)
def test_cuda_stays_near(shared_pipe, method, least_db):
    reference = predict(shared_pipe.unet)
    unet = part(shared_pipe, "unet", torch.bfloat16).to("cuda:0")
    before = module_bytes(unet)
    assert method(unet, cuda_context(torch.bfloat16)).layers_touched > 0
    assert module_bytes(unet) < before
    assert psnr_db(reference, on_cuda(unet)) > least_db


@pytest.mark.gpu
@gpu_only
def test_cuda_int4_stays_near(shared_pipe):
    unet = part(shared_pipe, "unet", torch.bfloat16).to("cuda:0")
    assert int4_weight(unet, cuda_context(torch.bfloat16), group_size=32).layers_touched > 0
    assert psnr_db(predict(shared_pipe.unet), on_cuda(unet)) > 25


@torch.no_grad()
def on_cuda(unet):
    """`predict` with its inputs on the GPU."""
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(2, unet.config.in_channels, 8, 8, generator=generator)
    text = torch.randn(2, 24, unet.config.cross_attention_dim, generator=generator)
    sample, text = (x.to("cuda:0", torch.bfloat16) for x in (sample, text))
    return unet(sample, torch.tensor([500], device="cuda:0"), text).sample.cpu()
