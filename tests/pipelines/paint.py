"""Paints with a pipeline, shortly."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.factories import PROMPTS


def paint(
    pipe: Any,
    *,
    steps: int = 2,
    batch: int = 1,
    side_px: int = 64,
    seed: int = 0,
    guidance: float = 3.0,
) -> np.ndarray:
    """Images (batch, side, side, 3) as float."""
    with torch.no_grad():
        return pipe(
            [PROMPTS[i % len(PROMPTS)] for i in range(batch)],
            width=side_px,
            height=side_px,
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=[torch.Generator().manual_seed(seed + i) for i in range(batch)],
            output_type="np",
        ).images
