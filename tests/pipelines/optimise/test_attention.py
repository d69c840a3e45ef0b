"""Each way to compute attention: the layers it reaches, its calls, and the same picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.catalogue.requires import Setting, unmet
from profiler.compress.apply import apply_chain
from profiler.errors import NoEffect, Unsupported
from tests.factories import int8_cell
from tests.pipelines.optimise.switching import like_sd15, own_copy, switch_on, use

EXACT = [
    use("attention-slicing"),
    use("attention-eager"),
    use("attention-sdpa", backend="math"),
    use("fused-qkv"),
]


@pytest.fixture(params=["tiny-sd", "like-sd15"], scope="module")
def base(request, shared_pipe):
    """tiny-sd, and a UNet of the blocks of SD 1.5."""
    return shared_pipe if request.param == "tiny-sd" else like_sd15(shared_pipe)


@pytest.mark.parametrize("one", EXACT, ids=lambda one: one.method)
def test_the_picture_stays_as_it_is(base, one):
    bench = switch_on(own_copy(base), one)
    assert np.abs(bench.paint() - switch_on(base).paint()).max() < 1e-4
    effect = bench.effect(one.method)
    assert effect.modules >= len(base.unet.attn_processors)
    # Each attention layer of the UNet is called once in each step.
    assert effect.uses is None or effect.uses >= 4 * len(base.unet.attn_processors)
    assert not effect.no_effect


def test_another_pipeline_is_not_touched(base):
    for one in EXACT:
        switch_on(own_copy(base), one)
    kinds = {type(p).__name__ for p in base.unet.attn_processors.values()}
    assert kinds == {"AttnProcessor2_0"}


def test_every_attention_layer_of_the_unet_is_sliced(pipe):
    switch_on(pipe, use("attention-slicing"))
    processors = pipe.unet.attn_processors.values()
    assert all("Sliced" in type(processor).__name__ for processor in processors)


def test_eager_attention_holds_the_scores_and_calls_no_kernel(pipe, monkeypatch):
    bench = switch_on(pipe, use("attention-eager"))
    monkeypatch.setattr(
        "diffusers.models.attention_processor.F.scaled_dot_product_attention",
        lambda *_, **__: pytest.fail("a fused kernel was called"),
    )
    # The text encoder's attention is transformers' own and stays.
    latent = torch.zeros(1, pipe.unet.config.in_channels, 8, 8)
    text = torch.zeros(1, 77, pipe.unet.config.cross_attention_dim)
    with torch.no_grad():
        pipe.unet(latent, 10, text)
    assert bench.effect("attention-eager").uses == len(pipe.unet.attn_processors)


@pytest.mark.parametrize(("backend", "reason"), [("default", "already"), ("flash", "by itself")])
def test_what_torch_does_anyway_is_no_effect(pipe, backend, reason):
    with pytest.raises(NoEffect, match=reason):
        switch_on(pipe, use("attention-sdpa", backend=backend))


@pytest.mark.parametrize("backend", ["efficient", "cudnn"])
def test_a_backend_without_a_kernel_is_unsupported(pipe, backend):
    with pytest.raises(Unsupported, match=rf"{backend} has no kernel for heads of 16 .* on cpu"):
        switch_on(pipe, use("attention-sdpa", backend=backend))


def test_the_backend_is_told_with_torchs_own_choice(pipe):
    bench = switch_on(pipe, use("attention-sdpa", backend="math"))
    details = bench.effect("attention-sdpa").details
    assert details == {"backend": "math", "torch_would_choose": "flash"}


def test_eager_layers_are_put_back_on_the_kernel(pipe):
    switch_on(pipe, use("attention-eager"))
    bench = switch_on(pipe, use("attention-sdpa"))
    bench.paint()
    assert bench.effect("attention-sdpa").uses > 0


def test_the_joined_weights_are_told_as_bytes(pipe):
    bench = switch_on(pipe, use("fused-qkv"))
    names = ("to_qkv", "to_kv")
    added = [
        p.numel() * p.element_size()
        for name, p in pipe.unet.named_parameters()
        if any(part in names for part in name.split("."))
    ]
    assert bench.effect("fused-qkv").details == {"bytes_added": sum(added)}
    assert sum(added) > 0


def test_quantised_projections_are_not_joined(pipe):
    apply_chain(pipe, int8_cell(), "cpu")
    with pytest.raises(Unsupported, match="joins plain weights"):
        switch_on(pipe, use("fused-qkv"))


def test_xformers_is_refused_without_a_gpu(pipe):
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    needs = OPTIMISATIONS["attention-xformers"].requires
    assert "cuda only" in str(unmet("attention-xformers", needs, setting, lambda _: True))
    with pytest.raises(Unsupported, match="GPU only"):
        switch_on(pipe, use("attention-xformers"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("backend", ["math", "flash", "efficient"])
def test_backends_on_a_gpu(shared_pipe, backend):
    own = own_copy(shared_pipe).to("cuda", torch.float16)
    wanted = switch_on(own, device="cuda:0", precision="fp16").paint()
    one = use("attention-sdpa", backend=backend)
    try:
        bench = switch_on(own, one, device="cuda:0", precision="fp16")
    except NoEffect as error:
        assert "by itself" in str(error)  # noqa: PT017 - torch's own choice depends on the card
        return
    assert np.abs(bench.paint() - wanted).mean() < 1e-2
    assert bench.effect("attention-sdpa").uses > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_xformers_on_a_gpu(shared_pipe):
    pytest.importorskip("xformers")
    own = own_copy(shared_pipe).to("cuda", torch.float16)
    wanted = switch_on(own, device="cuda:0", precision="fp16").paint()
    bench = switch_on(own, use("attention-xformers"), device="cuda:0", precision="fp16")
    assert np.abs(bench.paint() - wanted).mean() < 1e-2
    assert bench.effect("attention-xformers").uses > 0
