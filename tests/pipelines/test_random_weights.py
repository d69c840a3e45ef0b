"""Random weights: true sizes of every family, numbers that stay finite, and seeds that hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from profiler.pipelines import random_weights
from profiler.pipelines.architectures import ARCHITECTURES, architecture
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.random_weights import materialise, on_meta, random_pipeline, random_sd15
from tests.pipelines.paint import paint
from tests.pipelines.small import shrunk

# One of each pipeline class, and each kind of UNet.
FAMILIES = ["sd15", "sd21", "bk-sdm-tiny", "sdxl", "ssd-1b", "sd3.5-medium", "flux-schnell"]


@pytest.fixture
def small(monkeypatch):
    """Models by name come with small widths, so that building takes no time."""
    monkeypatch.setattr(random_weights, "architecture", shrunk)


def states(pipe, parts=("unet", "vae", "text_encoder")):
    return {
        f"{part}.{name}": tensor
        for part in parts
        for name, tensor in getattr(pipe, part).state_dict().items()
    }


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
    for norm in (nn.LayerNorm(5, device="meta"), nn.RMSNorm(5, device="meta")):
        filled = materialise(norm, torch.float32, "cpu", seed=1)
        assert torch.equal(filled.weight, torch.ones(5))


def test_a_buffer_that_cannot_be_refilled_is_not_left_as_garbage():
    with pytest.raises(RuntimeError, match="running_mean"):
        materialise(nn.BatchNorm2d(3, device="meta"), torch.float32, "cpu", seed=1)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
@pytest.mark.parametrize("model", FAMILIES)
def test_every_family_is_built_and_paints_in_two_steps(small, model, precision, dtype):
    pipe = load_pipeline(model, "random", precision, "cpu")
    design = architecture(model)
    assert type(pipe).__name__ == design.pipeline
    for name, part in design.parts.items():
        module = getattr(pipe, name)
        assert type(module).__name__ == part.kind
        assert {p.dtype for p in module.parameters()} == {dtype}
        assert not module.training
    images = paint(pipe, guidance=4.0)
    assert images.shape == (1, 64, 64, 3)
    assert np.isfinite(images).all()
    assert images.std() > 0.001


def test_tables_of_positions_are_those_of_the_constructor(small):
    made = random_pipeline("sd3.5-medium", torch.float32, "cpu").transformer
    usual = type(made)(**shrunk("sd3.5-medium").parts["transformer"].config)
    assert torch.equal(made.pos_embed.pos_embed, usual.pos_embed.pos_embed)
    tower = random_pipeline("sd15", torch.float32, "cpu").text_encoder
    positions = dict(tower.named_buffers())["embeddings.position_ids"]
    assert torch.equal(positions.flatten(), torch.arange(77))


def test_every_architecture_keeps_its_blocks_when_shrunk():
    for model in ARCHITECTURES:
        small, full = (
            on_meta(next(iter(d.parts.values()))) for d in (shrunk(model), architecture(model))
        )
        assert [type(m) for m in small.children()] == [type(m) for m in full.children()], model


@torch.no_grad()
def test_the_full_size_computes_finite_numbers():
    parts = {name: on_meta(part) for name, part in architecture("sd15").parts.items()}
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
