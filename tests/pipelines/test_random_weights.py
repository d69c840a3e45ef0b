"""Stable Diffusion 1.5 with random weights: the true size, and numbers that stay finite."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from profiler.catalogue.models import model
from profiler.pipelines import sd15_config
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.random_weights import materialise, random_sd15, sd15_parts
from tests.pipelines.paint import paint

PARTS = ("unet", "vae", "text_encoder")


@pytest.fixture
def small(monkeypatch):
    """The same architecture with a sixteenth of the widths, so that building takes no time."""
    monkeypatch.setitem(sd15_config.UNET, "block_out_channels", (32, 32, 64, 64))
    monkeypatch.setitem(sd15_config.UNET, "norm_num_groups", 8)
    monkeypatch.setitem(sd15_config.UNET, "cross_attention_dim", 64)
    monkeypatch.setitem(sd15_config.VAE, "block_out_channels", (8, 16, 32, 32))
    monkeypatch.setitem(sd15_config.VAE, "norm_num_groups", 4)
    text = {"hidden_size": 64, "intermediate_size": 128, "projection_dim": 64}
    for key, value in text.items():
        monkeypatch.setitem(sd15_config.TEXT_ENCODER, key, value)
    monkeypatch.setitem(sd15_config.TEXT_ENCODER, "num_hidden_layers", 2)
    monkeypatch.setitem(sd15_config.TEXT_ENCODER, "num_attention_heads", 4)


def states(pipe):
    return {
        f"{part}.{name}": tensor
        for part in PARTS
        for name, tensor in getattr(pipe, part).state_dict().items()
    }


def test_the_parts_have_the_parameters_of_the_published_model():
    parts = sd15_parts()
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    assert counts == {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}
    assert all(p.is_meta for part in parts.values() for p in part.parameters())
    spec = model("sd15")
    known = (spec.unet_parameters, spec.vae_parameters, spec.text_encoder_parameters)
    assert known == tuple(counts[name] for name in PARTS)


def test_the_weights_follow_from_the_seed_alone(small):
    first, again = (states(random_sd15(torch.float32, "cpu", seed=7)) for _ in range(2))
    other = states(random_sd15(torch.float32, "cpu", seed=8))
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["unet.conv_in.weight"], other["unet.conv_in.weight"])


def test_building_leaves_the_global_random_state_alone(small):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    random_sd15(torch.float32, "cpu")
    assert torch.equal(torch.rand(1), expected)


def test_no_two_layers_and_no_two_rows_are_alike(small):
    pipe = random_sd15(torch.float32, "cpu")
    for weight in (layer.weight for layer in pipe.unet.modules() if type(layer) is nn.Linear):
        assert len(torch.unique(weight, dim=0)) == len(weight)
    first, second = pipe.unet.down_blocks[0].resnets
    assert not torch.equal(first.conv1.weight, second.conv1.weight)


def test_the_spread_is_what_keeps_activations_in_range():
    layer = materialise(nn.Linear(2000, 1500, device="meta"), torch.float32, "cpu", seed=1)
    # More than one block of a million numbers: the tiling goes round.
    assert layer.weight.std().item() == pytest.approx(0.5 / 2000**0.5, rel=0.01)
    assert abs(layer.weight.mean().item()) < 1e-4
    assert not layer.bias.any()
    assert torch.equal(
        materialise(nn.LayerNorm(5, device="meta"), torch.float32, "cpu", seed=1).weight,
        torch.ones(5),
    )


def test_a_buffer_that_cannot_be_refilled_is_not_left_as_garbage():
    with pytest.raises(RuntimeError, match="running_mean"):
        materialise(nn.BatchNorm2d(3, device="meta"), torch.float32, "cpu", seed=1)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_load_pipeline_builds_it_and_it_paints(small, precision, dtype):
    pipe = load_pipeline("sd15", "random", precision, "cpu", "ddim")
    assert {p.dtype for part in PARTS for p in getattr(pipe, part).parameters()} == {dtype}
    assert not any(part.training for part in (pipe.unet, pipe.vae, pipe.text_encoder))
    images = paint(pipe, guidance=7.5)
    assert images.shape == (1, 64, 64, 3)
    assert np.isfinite(images).all()
    assert images.std() > 0.001
    positions = pipe.text_encoder.state_dict().get("embeddings.position_ids")
    assert positions is None or torch.equal(positions.flatten(), torch.arange(77))


@torch.no_grad()
def test_the_full_size_computes_finite_numbers():
    parts = sd15_parts()
    text = materialise(parts["text_encoder"], torch.bfloat16, "cpu", seed=1).eval()
    states = text(torch.arange(77)[None]).last_hidden_state
    assert states.shape == (1, 77, 768)
    vae = materialise(parts["vae"], torch.bfloat16, "cpu", seed=2).eval()
    image = vae.decode(torch.randn(1, 4, 4, 4, dtype=torch.bfloat16)).sample
    assert image.shape == (1, 3, 32, 32)
    unet = materialise(parts["unet"], torch.bfloat16, "cpu", seed=3).eval()
    noise = torch.randn(1, 4, 8, 8, dtype=torch.bfloat16)
    predicted = unet(noise, torch.tensor([500]), states).sample
    assert predicted.shape == noise.shape
    for result in (states, image, predicted):
        assert result.isfinite().all()
        assert 1e-3 < result.float().std() < 1e3
