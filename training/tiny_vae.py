"""Stage 6: a tiny autoencoder that paints the VAE's latents with far less work.

The idea and the architecture are those of TAESD (github.com/madebyollin/taesd, diffusers'
AutoencoderTiny): the decoder learns the image behind the latents of the full VAE, the encoder the
latents themselves, already scaled.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from training.common import SEED, WORK, Log, mixed_precision, one_cycle, update
from training.data import DrawnScenes

CHANNELS = 16


def build_tiny_vae() -> AutoencoderTiny:
    """Factor 8 and 8 latent channels as the full one; one residual block a level."""
    return AutoencoderTiny(
        encoder_block_out_channels=(CHANNELS,) * 4,
        decoder_block_out_channels=(CHANNELS,) * 4,
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(2, 1, 1, 1),
        latent_channels=8,
    )


def train_tiny_vae(data: DrawnScenes, steps: int, batch: int = 32) -> None:
    """Train both halves on what the full VAE makes of drawn images; saved every 250 steps."""
    torch.manual_seed(SEED + 9)
    full = AutoencoderKL.from_pretrained(WORK / "vae").eval().requires_grad_(False)
    model = build_tiny_vae().train()
    optimizer, schedule = one_cycle(model, steps, peak=3e-3)
    log = Log("tiny_vae")
    for step in range(1, steps + 1):
        pixels = data.pixels(torch.randint(len(data.images), (batch,)))
        with torch.no_grad(), mixed_precision():
            latents = full.encode(pixels).latent_dist.sample() * full.config.scaling_factor
        with mixed_precision():
            painted = model.decode(latents).sample
            encoded = model.encode(pixels).latents
        error = painted.float() - pixels
        mse = error.square().mean()
        drift = (encoded.float() - latents.float()).square().mean()
        update(model, mse + 0.1 * error.abs().mean() + 0.1 * drift, optimizer, schedule)
        if step % 50 == 0 or step == 1:
            log.row(step, mse=mse.item(), latents=drift.item())
        if step % 250 == 0 or step == steps:
            model.save_pretrained(WORK / "tiny_vae")
