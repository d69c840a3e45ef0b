"""The tiny autoencoder: in the VAE's place, with images that are those of the VAE."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderTiny

from profiler.compress import tiny_vae
from profiler.compress.layers import count_weighted
from profiler.compress.tiny_vae import replace_vae, upscaling
from profiler.errors import Unsupported
from tests.compress.compare import psnr_db


def images(pipe):
    with torch.no_grad():
        return pipe(
            [
                "a large red circle at the center on a white background",
                "a small blue square at the left on a black background",
            ],
            num_inference_steps=8,
            guidance_scale=3.0,
            generator=[torch.Generator().manual_seed(seed) for seed in (1, 2)],
            output_type="pt",
        ).images


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_images_are_those_of_the_full_vae(pipe, make_context, dtype):
    pipe.to(dtype)
    before, factor = images(pipe), pipe.vae_scale_factor
    applied = replace_vae(pipe.vae, make_context("vae", dtype, pipe=pipe))
    pipe.vae = applied.module
    assert {parameter.dtype for parameter in pipe.vae.parameters()} == {dtype}
    after = images(pipe)
    assert after.shape == before.shape
    assert pipe.vae_scale_factor == factor == upscaling(pipe.vae)
    assert psnr_db(before, after) > 24
    assert (after - before).abs().max() > 0.01
    # Another image altogether is far below that.
    assert psnr_db(before, before.flip(0)) < 20


def test_it_tells_how_much_smaller_it_is(shared_pipe, make_context):
    applied = replace_vae(shared_pipe.vae, make_context("vae"))
    assert applied.details == {"parameters_before": 985_275, "parameters_after": 79_675}
    assert applied.layers_touched == count_weighted(applied.module)


def test_other_latents_are_refused(tmp_path, shared_pipe, make_context):
    AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4
    ).save_pretrained(tmp_path)
    with pytest.raises(Unsupported, match=r"its latents have 4 channels.*those of the pipeline 8"):
        replace_vae(shared_pipe.vae, make_context("vae"), source=str(tmp_path))


@pytest.mark.parametrize(
    ("model", "expected"), [("sd15", "madebyollin/taesd"), ("sdxl", "madebyollin/taesdxl")]
)
def test_the_family_tells_which_one(shared_pipe, make_context, monkeypatch, model, expected):
    asked = []

    def load(_kind, source, *_rest):
        asked.append(source)
        return replace_vae(shared_pipe.vae, make_context("vae")).module

    with monkeypatch.context() as patched:
        original = tiny_vae.load_part
        patched.setattr(
            tiny_vae,
            "load_part",
            lambda kind, source, *rest: (
                original(kind, source, *rest) if not isinstance(source, str) else load(kind, source)
            ),
        )
        replace_vae(shared_pipe.vae, make_context("vae", model=model))
    assert asked == [expected]


def test_only_the_vae_is_replaced(shared_pipe, make_context):
    with pytest.raises(Unsupported, match="not the unet"):
        replace_vae(shared_pipe.unet, make_context("unet"))
