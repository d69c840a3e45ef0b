"""Outputs of a UNet before and after, and how far they are apart."""

from __future__ import annotations

from typing import Any

import torch


@torch.no_grad()
def predict(unet: Any, dtype: torch.dtype = torch.float32, side: int = 8) -> torch.Tensor:
    """What the UNet says of two fixed latents of side x side."""
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(2, unet.config.in_channels, side, side, generator=generator)
    text = torch.randn(2, 24, unet.config.cross_attention_dim, generator=generator)
    return unet(sample.to(dtype), torch.tensor([500]), text.to(dtype)).sample


def psnr_db(reference: torch.Tensor, other: torch.Tensor) -> float:
    """Peak signal-to-noise ratio over the range of the reference."""
    peak = reference.max() - reference.min()
    error = (reference.float() - other.float()).square().mean()
    return float(10 * torch.log10(peak.float() ** 2 / error))
