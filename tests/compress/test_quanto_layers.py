"""quanto: bytes by hand, nearness, repeatability, and why its extension cannot be built."""

from __future__ import annotations

import copy
from math import ceil

import pytest
import torch
from torch import nn

from profiler.compress import quanto_layers
from profiler.compress.quanto_layers import float8, int4, int8, why_not_built
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db
from tests.compress.quantised import DTYPES, expected_bytes, layers_of, odd_layers, output, part

quanto = pytest.importorskip("optimum.quanto")
MISSING = why_not_built("cpu", quanto_layers.Path(quanto.__file__).parent)
needs_compiler = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
METHODS = (int8, float8, pytest.param(int4, marks=needs_compiler))


def group_size(inputs):
    """128 weights, or the next multiple of 32 below that divides; the whole row where none does."""
    sizes = [size for size in (128, 96, 64, 32) if inputs > 128 and inputs % size == 0]
    return sizes[0] if sizes else inputs


def bytes_by_hand(method, dtype):
    """Weights, a scale a row or scale and shift a group, and two unused scales of activations."""

    def of(layer):
        outputs = layer.weight.shape[0]
        inputs = layer.weight.numel() // outputs
        unused = 2 * dtype.itemsize
        if method is not int4:
            return outputs * inputs + outputs * dtype.itemsize + unused
        size = group_size(inputs)
        groups = outputs * inputs // size
        # Two a byte along the first dimension: the groups' numbers, or the outputs.
        packed = ceil((size if size < inputs else outputs) / 2)
        packed *= groups if size < inputs else inputs
        return packed + 2 * groups * dtype.itemsize + unused

    return of


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize(
    ("method", "least_db"),
    [(int8, 44), (float8, 32), pytest.param(int4, 20, marks=needs_compiler)],
)
def test_bytes_and_output(shared_pipe, make_context, method, least_db, component, dtype):
    module = part(shared_pipe, component, dtype)
    count, wanted = len(layers_of(module)), expected_bytes(module, bytes_by_hand(method, dtype))
    applied = method(module, make_context(component, dtype))
    assert applied.layers_touched == applied.layers_total == count
    assert module_bytes(module) == wanted
    assert module.dtype is dtype
    result = output(component, module, dtype)
    assert result.dtype is dtype
    reference = output(component, getattr(shared_pipe, component), torch.float32)
    assert least_db < psnr_db(reference, result) < 80


@pytest.mark.parametrize("method", METHODS)
def test_without_convolutions_only_linear_layers_change(shared_pipe, make_context, method):
    unet = copy.deepcopy(shared_pipe.unet)
    count = len(layers_of(unet, convolutions=False))
    wanted = expected_bytes(unet, bytes_by_hand(method, torch.float32), convolutions=False)
    applied = method(unet, make_context(), convolutions=False)
    assert applied.layers_touched == count < applied.layers_total
    assert module_bytes(unet) == wanted
    assert 35 < psnr_db(predict(shared_pipe.unet), predict(unet)) < 80


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_every_shape_works_and_again(make_context, method, dtype):
    module, x = odd_layers(dtype), torch.randn(2, 3, 8, 8, dtype=dtype)
    reference, twin = odd_layers(dtype)(x), copy.deepcopy(module)
    method(module, make_context(dtype=dtype))
    method(twin, make_context(dtype=dtype))
    assert torch.equal(module(x), module(x))
    assert torch.equal(module(x), twin(x))
    assert 15 < psnr_db(reference, module(x)) < 90
    assert not any(layer.training for layer in module)
    assert method(module, make_context(dtype=dtype)).layers_touched == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_transposed_inputs_give_what_contiguous_ones_give(make_context, method, dtype):
    module = nn.Sequential(nn.Linear(256, 64)).to(dtype).eval()
    method(module, make_context(dtype=dtype))
    x = torch.randn(2, 256, 48, dtype=dtype).transpose(1, 2)
    torch.testing.assert_close(module(x), module(x.contiguous()))


@needs_compiler
def test_without_a_compiler_or_write_access_the_reason_is_told(monkeypatch, tmp_path):
    assert why_not_built("cpu", tmp_path / "not" / "yet") is None
    with monkeypatch.context() as patch:
        patch.setenv("CXX", "no-such-compiler")
        assert "no C++ compiler (no-such-compiler)" in why_not_built("cpu", tmp_path)
    monkeypatch.setattr(quanto_layers, "_writable", lambda _: False)
    assert "this user may not write" in why_not_built("cpu", tmp_path)


def test_without_ninja_the_reason_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs ninja" in why_not_built("cpu", tmp_path)


def test_int4_is_refused_before_anything_is_changed(monkeypatch, make_context):
    monkeypatch.setattr(quanto_layers, "why_not_built", lambda *_: "it needs ninja")
    module = odd_layers()
    with pytest.raises(Unsupported, match="not to be had: it needs ninja"):
        int4(module, make_context())
    assert len(layers_of(module)) == 4


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_int8_stays_near(make_context):
    from dataclasses import replace

    layer = nn.Linear(256, 128).eval()
    module = nn.Sequential(copy.deepcopy(layer)).to("cuda:0", torch.bfloat16)
    context = replace(make_context(dtype=torch.bfloat16), device="cuda:0")
    assert int8(module, context).layers_touched == 1
    x = torch.randn(32, 256)
    assert psnr_db(layer(x), module(x.to("cuda:0", torch.bfloat16)).cpu()) > 35
