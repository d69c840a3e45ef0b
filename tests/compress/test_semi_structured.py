"""2:4 sparsity: which weights stay, which layers fit; the packed form itself needs a GPU."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from profiler.catalogue.compression import compression
from profiler.catalogue.requires import Setting, unmet
from profiler.compress.contract import CompressionContext
from profiler.compress.semi_structured import fits, prune, two_of_four
from profiler.compress.size import module_bytes
from profiler.errors import Unsupported


def test_of_each_four_the_two_largest_stay():
    weight = torch.tensor([[1.0, -4.0, 3.0, 2.0, 0.5, 0.1, -0.2, 0.3]])
    kept = two_of_four(weight)
    assert torch.equal(kept, torch.tensor([[0.0, -4.0, 3.0, 0.0, 0.5, 0.0, 0.0, 0.3]]))
    random = two_of_four(torch.randn(32, 64))
    assert (random.reshape(-1, 4) != 0).sum(dim=1).eq(2).all()


def test_layers_that_fit():
    assert fits(torch.empty(64, 128, dtype=torch.float16))
    assert not fits(torch.empty(64, 128))
    assert not fits(torch.empty(48, 128, dtype=torch.bfloat16))
    assert not fits(torch.empty(64, 96, dtype=torch.bfloat16))


def test_on_a_cpu_it_is_refused_with_the_reason(make_context):
    with pytest.raises(Unsupported, match="CUDA tensors alone"):
        prune(nn.Linear(64, 64), make_context(dtype=torch.bfloat16))
    needs = compression("semi-structured-2-4").requires

    def reason(kind, capability, precision):
        setting = Setting(kind, "this device", capability, "tiny-sd", precision)
        return unmet("semi-structured-2-4", needs, setting, lambda _: True)

    assert "sparse tensor cores" in reason("cpu", None, "bf16")
    assert "needs compute capability 8.0" in reason("cuda", (7, 5), "fp16")
    assert "needs precision fp16 or bf16" in reason("cuda", (8, 0), "fp32")
    assert reason("cuda", (8, 0), "bf16") is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="2:4 sparsity runs on CUDA only")
@torch.no_grad()
def test_packed_layers_compute_the_same_in_less_memory():
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(128, 256), nn.Linear(256, 40)).to("cuda", torch.float16)
    x = torch.randn(64, 128, device="cuda", dtype=torch.float16)
    dense = nn.functional.linear(x, two_of_four(layer[0].weight), layer[0].bias)
    before = module_bytes(layer)
    context = CompressionContext(None, "unet", "cuda:0", torch.float16, "sd15", "random", dict)
    applied = prune(layer, context)
    assert (applied.layers_touched, applied.layers_total) == (1, 2)
    assert module_bytes(layer) < 0.75 * before
    assert torch.allclose(layer[0](x), dense, atol=1e-2)
