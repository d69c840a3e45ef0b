"""Drawn scenes with their captions, as arrays for training."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch

from profiler.catalogue.scenes import TEMPLATES, Scene, all_scenes
from profiler.pipelines.drawing import draw_scene
from training.common import SEED

SIDE_PX = 64


@dataclass(frozen=True)
class DrawnScenes:
    """uint8 images (n, 3, 64, 64); `scene_of[i]` indexes `scenes`."""

    images: torch.Tensor
    scene_of: torch.Tensor
    scenes: list[Scene]

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Images as float32 in [-1, 1], shape (len(rows), 3, 64, 64)."""
        return self.images[rows].float() / 127.5 - 1

    def captions(self, rows: torch.Tensor, rng: random.Random) -> list[str]:
        """One caption per row, told in a random way."""
        return [self.scenes[int(self.scene_of[row])].caption(rng.choice(TEMPLATES)) for row in rows]


def draw_scenes(per_scene: int, seed: int) -> DrawnScenes:
    """Every scene drawn `per_scene` times with jitter; rows are grouped by scene."""
    rng = random.Random(seed)
    scenes = list(all_scenes())
    images = np.empty((len(scenes) * per_scene, SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    for row in range(len(images)):
        images[row] = np.asarray(draw_scene(scenes[row // per_scene], SIDE_PX, rng))
    return DrawnScenes(
        torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(),
        torch.arange(len(images)) // per_scene,
        scenes,
    )


def drawings() -> DrawnScenes:
    """The drawings that CLIP and VAE are trained on."""
    return draw_scenes(16, SEED)
