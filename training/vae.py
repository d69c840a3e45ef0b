"""Stage 2: AutoencoderKL on drawn images, reconstruction plus a light Kullback-Leibler term."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL

from training.common import SEED, WORK, Log, mixed_precision, one_cycle, plain_attention, update
from training.data import SIDE_PX, DrawnScenes

KL_WEIGHT = 2e-4


def build_vae() -> AutoencoderKL:
    """Factor 8 as in Stable Diffusion, with 8 latent channels, since 64 px leave 8x8 latents."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        block_out_channels=(16, 32, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=8,
        norm_num_groups=8,
        sample_size=SIDE_PX,
    )


def train_vae(data: DrawnScenes, steps: int, batch: int = 32) -> None:
    """Train on pixels in [-1, 1]; afterwards the scaling factor gives latents unit variance."""
    torch.manual_seed(SEED + 1)
    model = build_vae().train()
    optimizer, schedule = one_cycle(model, steps, peak=2e-3)
    log = Log("vae")
    for step in range(1, steps + 1):
        pixels = data.pixels(torch.randint(len(data.images), (batch,)))
        with mixed_precision(), plain_attention():
            posterior = model.encode(pixels).latent_dist
            restored = model.decode(posterior.sample()).sample
        error = restored.float() - pixels
        mse = error.square().mean()
        kl = posterior.kl().float().mean() / posterior.mean[0].numel()
        loss = mse + 0.1 * error.abs().mean() + KL_WEIGHT * kl
        update(model, loss, optimizer, schedule)
        if step % 50 == 0 or step == 1:
            log.row(step, loss=loss.item(), mse=mse.item(), kl=kl.item())
        if step % 250 == 0 or step == steps:
            _set_scaling_factor(model, data)
            model.save_pretrained(WORK / "vae")


@torch.no_grad()
def _set_scaling_factor(model: AutoencoderKL, data: DrawnScenes) -> None:
    pixels = data.pixels(torch.randint(len(data.images), (256,)))
    deviation = model.encode(pixels).latent_dist.sample().std().item()
    model.register_to_config(scaling_factor=round(1 / deviation, 4))
