"""PSNR and SSIM against the baseline's image of the same prompt, seed and noise.

They measure divergence from the baseline, not quality: an equally good other picture scores low.
"""

from __future__ import annotations

import torch
from PIL import Image
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from profiler.errors import Unsupported
from profiler.quality.sample import Sample, as_floats

# Images are compared as stored, with 8 bits a channel. Equal ones would have an infinite ratio,
# of which no mean exists; 120 dB lies above every finite one below 16 megapixels.
EQUAL_IMAGES_DB = 120.0


def psnr(sample: Sample) -> list[float]:
    """Peak signal-to-noise ratio in dB, one value per pair, at most EQUAL_IMAGES_DB."""
    return [
        min(float(peak_signal_noise_ratio(seen, wanted, data_range=1.0)), EQUAL_IMAGES_DB)
        for seen, wanted in _tensors(sample)
    ]


def ssim(sample: Sample) -> list[float]:
    """Structural similarity in [-1, 1] (Wang et al. 2004, Gaussian window), one value per pair."""
    return [
        float(structural_similarity_index_measure(seen, wanted, data_range=1.0))
        for seen, wanted in _tensors(sample)
    ]


def _tensors(sample: Sample) -> list[tuple[torch.Tensor, torch.Tensor]]:
    tensors = []
    for seen, wanted in sample.pairs():
        if seen.size != wanted.size:
            raise Unsupported(
                f"the baseline's images are {wanted.width}x{wanted.height} px, these are "
                f"{seen.width}x{seen.height} px: pixels cannot be compared"
            )
        tensors.append((_tensor(seen), _tensor(wanted)))
    return tensors


def _tensor(image: Image.Image) -> torch.Tensor:
    # In float32 the variance of flat areas drowns in rounding: equal images would score 0.9997.
    return torch.from_numpy(as_floats(image)).double().permute(2, 0, 1).unsqueeze(0)
