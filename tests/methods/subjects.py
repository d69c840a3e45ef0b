"""What every method is tried on: tiny-sd, and a small pipeline shaped like Stable Diffusion 1.5.

An image is painted twice over: as pixels, and as the latents after the last step.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from profiler.compress.fingerprint import fingerprint
from profiler.pipelines import sd15_config
from profiler.pipelines.engine import Engine, Request
from profiler.pipelines.load import load_pipeline
from tests.factories import PROMPTS
from tests.methods.cases import Case

WIDTH = 64
GUIDANCE = 3.0
_GAIN = 8.0
PARTS = ("unet", "vae", "text_encoder")


@dataclass(frozen=True)
class Painting:
    """The images of one request, and the latents where the denoiser ran at all."""

    images: tuple[np.ndarray, ...]
    latents: torch.Tensor | None


def subject(name: str) -> Any:
    """The original pipeline of that name, in fp32 on the CPU."""
    tiny = load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    return tiny if name == "tiny-sd" else _small_sd15(tiny.tokenizer)


def own_copy(pipe: Any, dtype: torch.dtype) -> Any:
    """A pipeline of the test's own, in that format."""
    mine = copy.deepcopy(pipe)
    mine.set_progress_bar_config(disable=True)
    return mine if mine.dtype == dtype else mine.to(dtype)


def paint(engine: Engine, case: Case) -> Painting:
    """The images that the case asks for, the i-th with seed i."""
    seen: list[torch.Tensor] = []

    def watch(_pipe: Any, _step: int, _when: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(tensors["latents"].detach().float().clone())
        return tensors

    seeds = tuple(range(case.images))
    prompts = tuple(PROMPTS[seed % len(PROMPTS)] for seed in seeds)
    side = case.side_px
    request = Request(prompts, seeds, side, side, case.steps, GUIDANCE, on_step=(watch,))
    return Painting(engine(request).images, seen[-1] if seen else None)


def divergence_db(painting: Painting, original: Painting) -> float:
    """The lesser PSNR of images and latents; infinite where both are equal."""
    pairs = [
        (torch.from_numpy(np.array(one)), torch.from_numpy(np.array(other)), 1.0)
        for one, other in zip(painting.images, original.images, strict=True)
    ]
    a, b = painting.latents, original.latents
    if a is not None and b is not None and a.shape == b.shape:
        pairs.append((a, b, float(b.max() - b.min())))
    return min(_psnr(*pair) for pair in pairs)


def prints(pipe: Any) -> dict[str, str]:
    """Weights and structure of each part."""
    return {name: fingerprint(getattr(pipe, name)) for name in PARTS}


def _psnr(seen: torch.Tensor, wanted: torch.Tensor, peak: float) -> float:
    if seen.shape != wanted.shape:
        # Another resolution: compared at that of the original.
        pixels = seen.permute(2, 0, 1)[None]
        size = wanted.shape[:2]
        seen = torch.nn.functional.interpolate(pixels, size, mode="bilinear")[0].permute(1, 2, 0)
    error = float(((seen.double() - wanted.double()) ** 2).mean())
    return float("inf") if error == 0 else float(10 * np.log10(peak**2 / error))


def _small_sd15(tokenizer: Any) -> Any:
    """Random weights, the block types of Stable Diffusion 1.5, narrow."""
    from diffusers import (
        AutoencoderKL,
        PNDMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    narrow = {"norm_num_groups": 8}
    widths = (WIDTH // 2, WIDTH, WIDTH, WIDTH)
    unet = {**sd15_config.UNET, **narrow, "block_out_channels": widths, "sample_size": 8}
    vae = {**sd15_config.VAE, **narrow, "block_out_channels": (16, 16, 32, 32), "sample_size": 64}
    vae["layers_per_block"] = 1
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    denoiser = UNet2DConditionModel(**{**unet, "cross_attention_dim": WIDTH}).eval()
    # Random weights predict next to nothing; an error in that would be lost in the noise.
    denoiser.conv_out.weight.data.mul_(_GAIN)
    pipe = StableDiffusionPipeline(
        unet=denoiser,
        vae=AutoencoderKL(**vae).eval(),
        text_encoder=CLIPTextModel(text).eval(),
        tokenizer=tokenizer,
        scheduler=PNDMScheduler(**sd15_config.SCHEDULER),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe
