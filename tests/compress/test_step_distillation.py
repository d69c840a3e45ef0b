"""Few steps: the shipped consistency model paints as asked, adapters are fused."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from profiler.catalogue.scenes import sample_scenes
from profiler.compress import step_distillation
from profiler.compress.step_distillation import consistency
from profiler.errors import Unsupported
from profiler.pipelines.schedule import set_scheduler
from profiler.quality.judge import agreement, read_scene


def right(pipe, steps):
    """Share of attributes painted as asked without guidance, over eight prompts."""
    scenes = sample_scenes(8, 5)
    found = pipe(
        [scene.caption() for scene in scenes],
        num_inference_steps=steps,
        guidance_scale=1.0,
        generator=[torch.Generator().manual_seed(seed) for seed in range(8)],
    ).images
    assert all(isinstance(image, Image.Image) for image in found)
    shares = [agreement(read_scene(i), s) for i, s in zip(found, scenes, strict=True)]
    return sum(sum(share.values()) / len(share) for share in shares) / len(shares)


@pytest.mark.parametrize("scheduler", ["lcm", "tcd"])
def test_tiny_sd_paints_in_two_steps(pipe, make_context, scheduler):
    context = make_context(pipe=pipe)
    before = pipe.unet
    pipe.unet = consistency(before, context).module
    assert pipe.unet is not before
    assert {parameter.dtype for parameter in pipe.unet.parameters()} == {torch.float32}
    set_scheduler(pipe, scheduler)
    assert right(pipe, 2) > 0.85


def test_a_folder_with_a_unet_is_a_source(pipe, make_context, tmp_path):
    pipe.unet.save_pretrained(tmp_path / "unet")
    applied = consistency(pipe.unet, make_context(pipe=pipe), source=str(tmp_path))
    assert applied.module is not pipe.unet
    assert applied.details == {"consistency_model": str(tmp_path)}


def test_other_models_get_the_adapter_of_their_name(pipe, make_context, monkeypatch):
    asked = []

    def fuse(_context, source, weight, _method):
        asked.append((source, weight))
        return 7

    monkeypatch.setattr(step_distillation, "fuse_adapter", fuse)
    applied = consistency(pipe.unet, make_context(model="sd15"))
    assert asked == [("latent-consistency/lcm-lora-sdv1-5", 1.0)]
    assert applied.layers_touched == 7
    with pytest.raises(Unsupported, match="no consistency adapter for sd21 is known"):
        consistency(pipe.unet, make_context(model="sd21"))
    with pytest.raises(Unsupported, match="not the vae"):
        consistency(pipe.vae, make_context("vae"))
