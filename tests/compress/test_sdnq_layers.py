"""SDNQ: bytes by hand with groups and low-rank branches, nearness, repeatability, dtypes."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
from torch import nn

from profiler.compress.sdnq_layers import float8, int8, uint4
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported
from tests.compress.compare import predict, psnr_db
from tests.compress.quantised import DTYPES, expected_bytes, layers_of, odd_layers, output, part

# Not by importing it: that is for `_sdnq`, which keeps it from compiling.
pytestmark = pytest.mark.skipif(find_spec("sdnq") is None, reason="sdnq is not installed")
METHODS = (int8, uint4, float8)
# Inputs that share a scale, of Linear and of Conv2d.
GROUPS = {int8: (1024, 512), float8: (1024, 512), uint4: (64, 32)}


def bytes_by_hand(method, dtype, rank=0):
    """Bits of the weights, fp32 for each group (two for uint4), and U and V in the cell's dtype."""

    def of(layer):
        weight = layer.weight
        outputs, inputs = weight.shape[:2]
        taps = weight[0, 0].numel()
        wide = 0 < rank < min(outputs, inputs * taps)
        largest = GROUPS[method][isinstance(layer, nn.Conv2d)] << wide
        count = max(1, inputs // largest)
        while inputs % count:
            count -= 1
        scales = outputs * count * taps
        if method is uint4:
            stored = weight.numel() // 2 + 8 * scales
        else:
            stored = weight.numel() + 4 * scales
        return stored + wide * rank * (outputs + inputs * taps) * dtype.itemsize

    return of


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize(("method", "least_db"), [(int8, 42), (uint4, 20), (float8, 34)])
def test_bytes_and_output(shared_pipe, make_context, method, least_db, component, dtype):
    module = part(shared_pipe, component, dtype)
    count, wanted = len(layers_of(module)), expected_bytes(module, bytes_by_hand(method, dtype))
    applied = method(module, make_context(component, dtype))
    assert applied.layers_touched == applied.layers_total == count
    assert module_bytes(module) == wanted
    # Pipelines cast their inputs to what a component says of itself.
    assert module.dtype is dtype
    result = output(component, module, dtype)
    assert result.dtype is dtype
    reference = output(component, getattr(shared_pipe, component), torch.float32)
    assert least_db < psnr_db(reference, result) < 80


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
def test_without_convolutions_only_linear_layers_change(shared_pipe, make_context, method, dtype):
    unet = part(shared_pipe, "unet", dtype)
    count = len(layers_of(unet, convolutions=False))
    wanted = expected_bytes(unet, bytes_by_hand(method, dtype), convolutions=False)
    applied = method(unet, make_context(dtype=dtype), convolutions=False)
    assert applied.layers_touched == count < applied.layers_total
    assert module_bytes(unet) == wanted
    assert 38 < psnr_db(predict(shared_pipe.unet), predict(unet, dtype)) < 80


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rank", [4, 16])
def test_a_low_rank_branch_costs_its_bytes_and_brings_the_output_nearer(
    shared_pipe, make_context, rank, dtype
):
    plain, branched = (part(shared_pipe, "unet", dtype) for _ in range(2))
    wanted = expected_bytes(branched, bytes_by_hand(uint4, dtype, rank))
    uint4(plain, make_context(dtype=dtype))
    applied = uint4(branched, make_context(dtype=dtype), svd_rank=rank)
    assert applied.details["svd_rank"] == rank
    wide = sum(min(x.weight.flatten(1).shape) > rank for x in layers_of(shared_pipe.unet))
    assert applied.details["layers_with_svd"] == wide
    assert 0.9 * applied.layers_touched < wide <= applied.layers_touched
    assert module_bytes(branched) == wanted
    reference = predict(shared_pipe.unet)
    far, near = (psnr_db(reference, predict(unet, dtype)) for unet in (plain, branched))
    assert near > far + (1.5 if rank == 16 else 0.3)


def test_a_rank_above_all_layers_is_refused_and_above_some_is_told(make_context):
    with pytest.raises(Unsupported, match="wider than svd_rank 64"):
        uint4(odd_layers(), make_context(), svd_rank=64)
    applied = int8(odd_layers(), make_context(), svd_rank=10)
    assert (applied.layers_touched, applied.details["layers_with_svd"]) == (4, 2)


def test_4_bits_leave_a_layer_with_an_odd_number_of_weights(make_context):
    module = odd_layers()
    first = module[0]
    assert first.weight.numel() == 189
    applied = uint4(module, make_context())
    assert (applied.layers_touched, applied.layers_total) == (3, 4)
    assert module[0] is first


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
@torch.no_grad()
def test_every_shape_works_and_again(make_context, method, dtype):
    module, x = odd_layers(dtype), torch.randn(2, 3, 8, 8, dtype=dtype)
    reference, twin = odd_layers(dtype)(x), copy.deepcopy(module)
    state = torch.get_rng_state()
    method(module, make_context(dtype=dtype), svd_rank=2)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    method(twin, make_context(dtype=dtype), svd_rank=2)
    assert torch.equal(module(x), module(x))
    assert torch.equal(module(x), twin(x))
    assert 15 < psnr_db(reference, module(x)) < 90
    assert not any(layer.training for layer in module)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_quantised_stays_and_a_shared_layer_is_made_once(make_context, method):
    shared = nn.Linear(8, 8)
    module = nn.Sequential(shared, nn.Sequential(shared)).eval()
    assert method(module, make_context()).layers_touched == 1
    first = module[0]
    assert first is module[1][0]
    assert method(module, make_context()).layers_touched == 0
    assert module[0] is first


def test_it_is_imported_without_compiling_and_leaves_the_environment():
    code = (
        "import os\n"
        "from profiler.compress.sdnq_layers import _sdnq\n"
        "_sdnq()\n"
        "from sdnq.common import check_torch_compile\n"
        "assert not check_torch_compile()\n"
        "assert 'SDNQ_USE_TORCH_COMPILE' not in os.environ\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SDNQ")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "SDNQ" not in done.stderr
