"""FP8 storage: a byte a weight, values as float8 has them, and the dtype that a pipeline sees."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from profiler.compress.bnb import nf4
from profiler.compress.casting import fp8_layerwise
from profiler.compress.size import module_bytes
from tests.compress.compare import psnr_db
from tests.compress.quantised import DTYPES, layers_of, odd_layers, output, part

FORMATS = {"float8_e4m3fn": 33, "float8_e5m2": 27}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize("storage", FORMATS)
def test_weights_and_biases_take_a_byte(shared_pipe, make_context, storage, component, dtype):
    module = part(shared_pipe, component, dtype)
    layers = layers_of(module)
    numbers = sum(p.numel() for layer in layers for p in layer.parameters())
    before = module_bytes(module)
    applied = fp8_layerwise(module, make_context(component, dtype), storage=storage)
    assert applied.layers_touched == applied.layers_total == len(layers)
    assert applied.details == {"storage": storage}
    for _ in range(2):  # before and after a call
        assert module_bytes(module) == before - numbers * (dtype.itemsize - 1)
        result = output(component, module, dtype)
    assert result.dtype is dtype
    assert module.dtype is dtype
    reference = output(component, getattr(shared_pipe, component), torch.float32)
    assert FORMATS[storage] < psnr_db(reference, result) < 70


def test_the_output_is_that_of_rounded_weights(shared_pipe, make_context):
    unet, rounded = (copy.deepcopy(shared_pipe.unet) for _ in range(2))
    fp8_layerwise(unet, make_context())
    for layer in layers_of(rounded):
        for parameter in layer.parameters():
            parameter.data = parameter.data.to(torch.float8_e4m3fn).float()
    outputs = [output("unet", one, torch.float32) for one in (unet, rounded, unet)]
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])


def test_norms_embeddings_and_what_a_model_names_stay(make_context):
    class Model(nn.Module):
        _keep_in_fp32_modules = ("wide",)
        _skip_layerwise_casting_patterns = ("first",)

        def __init__(self):
            super().__init__()
            self.wide, self.first, self.other = (nn.Linear(2, 2) for _ in range(3))
            self.norm, self.embedding = nn.Linear(2, 2), nn.Embedding(3, 2)

    model = Model()
    assert fp8_layerwise(model, make_context()).layers_touched == 1
    narrow = {n for n, p in model.named_parameters() if p.dtype is torch.float8_e4m3fn}
    assert narrow == {"other.weight", "other.bias"}


def test_what_is_quantised_already_stays(make_context):
    module = odd_layers()
    nf4(module, make_context())
    scales = module[3].weight.quant_state.absmax.clone()
    assert fp8_layerwise(module, make_context()).layers_touched == 2
    assert torch.equal(module[3].weight.quant_state.absmax, scales)
    assert fp8_layerwise(module, make_context()).layers_touched == 0
