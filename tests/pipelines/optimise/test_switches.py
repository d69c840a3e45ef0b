"""Layout, VAE decoding, checkpointing and upcast: what they reach, and the picture they paint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from profiler.compress.apply import apply_chain
from profiler.errors import NoEffect, Unsupported
from profiler.pipelines.load import load_pipeline
from profiler.records.cell import MethodUse
from tests.factories import int8_cell
from tests.pipelines.optimise.switching import own_copy, switch_on, use


@pytest.mark.parametrize(("name", "batch"), [("vae-slicing", 2), ("channels-last", 1)])
def test_the_picture_stays_as_it_is(pipe, shared_pipe, name, batch):
    bench = switch_on(pipe, use(name), batch_size=batch)
    wanted = switch_on(shared_pipe, batch_size=batch).paint()
    assert bench.effect(name).modules > 0
    assert np.abs(bench.paint() - wanted).max() < 1e-3


def test_tiles_paint_nearly_the_same(pipe, shared_pipe):
    size = {"width_px": 128, "height_px": 128}
    bench = switch_on(pipe, use("vae-tiling"), **size)
    difference = np.abs(bench.paint() - switch_on(shared_pipe, **size).paint())
    assert bench.effect("vae-tiling").modules == 1
    assert 0 < difference.mean() < 0.1


@pytest.mark.parametrize(
    ("name", "batch", "reason"), [("vae-slicing", 1, "one image"), ("vae-tiling", 2, "64x64")]
)
def test_what_cannot_matter_is_a_failure(pipe, name, batch, reason):
    with pytest.raises(NoEffect, match=rf"{name}.*{reason}"):
        switch_on(pipe, use(name), batch_size=batch)


def test_every_kernel_is_in_the_new_order(pipe):
    switch_on(pipe, use("channels-last"))
    kernels = [p for part in (pipe.unet, pipe.vae) for p in part.parameters() if p.ndim == 4]
    assert kernels
    assert all(k.is_contiguous(memory_format=torch.channels_last) for k in kernels)


def test_quantised_kernels_are_reordered_as_well(pipe):
    parameters = int8_cell().compression[0].parameters
    cell = int8_cell(compression=(MethodUse("absmax-int8", ("unet", "vae"), parameters),))
    apply_chain(pipe, cell, "cpu")
    before = switch_on(pipe).paint()
    bench = switch_on(pipe, use("channels-last"))
    assert bench.effect("channels-last").modules > 0
    assert np.abs(bench.paint() - before).max() < 1e-3


def test_gradient_checkpointing_is_measured_and_does_nothing(pipe, shared_pipe):
    bench = switch_on(pipe, use("gradient-checkpointing"))
    assert np.array_equal(bench.paint(), switch_on(shared_pipe).paint())
    effect = bench.effect("gradient-checkpointing")
    assert effect.modules > 0
    assert effect.uses == 0
    assert "backward" in effect.no_effect


def test_gradient_checkpointing_is_on_and_counted_where_there_are_gradients(pipe):
    bench = switch_on(pipe, use("gradient-checkpointing"))
    unet = pipe.unet.train()
    latent = torch.randn(1, unet.config.in_channels, 8, 8)
    text = torch.randn(1, 77, unet.config.cross_attention_dim)
    unet(latent, 10, text).sample.sum().backward()
    assert bench.effect("gradient-checkpointing").uses > 0


@pytest.fixture(scope="module")
def rounded():
    """tiny-sd loaded in bf16."""
    return load_pipeline("tiny-sd", "embedded", "bf16", "cpu")


def test_upcast_stores_16_bits_and_computes_in_32(rounded):
    bench = switch_on(own_copy(rounded), use("layerwise-upcast"), precision="bf16")
    exact = own_copy(rounded)
    for part in (exact.unet, exact.vae, exact.text_encoder):
        part.to(torch.float32)
    # The same weights in 32 bits paint the same, so nothing in between was rounded.
    wanted = switch_on(exact).paint()
    assert np.abs(bench.paint() - wanted).max() < 1e-5
    assert bench.effect("layerwise-upcast").uses > 0
    for part in (bench.pipe.unet, bench.pipe.vae, bench.pipe.text_encoder):
        stored = [p.dtype for p in part.parameters() if p.ndim > 1]
        assert stored
        assert set(stored) == {torch.bfloat16}
        assert part.dtype is torch.float32
    in_16_bits = switch_on(own_copy(rounded), precision="bf16").paint()
    assert np.abs(in_16_bits - wanted).max() > 1e-3


def test_upcast_of_fp32_weights_is_no_effect(pipe):
    with pytest.raises(NoEffect, match="fp32 already"):
        switch_on(pipe, use("layerwise-upcast"))


def test_upcast_of_weights_that_are_not_16_bits_is_refused(pipe):
    with pytest.raises(Unsupported, match=r"plain bf16 weights.*torch.float32"):
        switch_on(pipe, use("layerwise-upcast"), precision="bf16")
