"""Stage 6: how many attributes the assembled model paints as asked, by the judge."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image

from profiler import paths
from profiler.catalogue.scenes import VOCABULARY, sample_scenes
from profiler.quality.judge import agreement, read_scene
from training.assemble import write_card

SEED = 77_000  # of the choice of prompts and of the noise; the noise no training has seen


def report() -> None:
    """Judge the shipped model and its student; the shares go into the log and the model card."""
    root = paths.embedded_weights()
    model = root / "tiny-sd"
    pipe = StableDiffusionPipeline.from_pretrained(model, safety_checker=None)
    shares = evaluate_pipeline(pipe, 200, SEED, 20, 3.0)
    pipe.unet = UNet2DConditionModel.from_pretrained(root / "tiny-sd-student-small")
    student = evaluate_pipeline(pipe, 200, SEED, 20, 3.0)
    lines = ["attribute,tiny_sd,student"]
    lines += [f"{name},{share:.4f},{student[name]:.4f}" for name, share in shares.items()]
    (model / "training" / "evaluation.csv").write_text("\n".join(lines) + "\n")
    write_card(model, shares, student)
    print("\n".join(lines))


def evaluate(
    folder: Path, prompts: int = 200, seed: int = SEED, steps: int = 20, guidance: float = 3.0
) -> dict[str, float]:
    """Share of right attributes over fresh prompts and seeds, by attribute and as "all"."""
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    return evaluate_pipeline(pipe, prompts, seed, steps, guidance)


def evaluate_pipeline(
    pipe: Any, prompts: int, seed: int, steps: int, guidance: float, sheet: Path | None = None
) -> dict[str, float]:
    """The same for a pipeline at hand; `sheet` gets the first 40 images."""
    pipe.set_progress_bar_config(disable=True)
    right: Counter[str] = Counter()
    images: list[Image.Image] = []
    scenes = sample_scenes(prompts, seed)
    for start in range(0, prompts, 20):
        batch = scenes[start : start + 20]
        generators = [torch.Generator().manual_seed(seed + start + i) for i in range(len(batch))]
        images += pipe(
            [scene.caption() for scene in batch],
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=generators,
        ).images
    for scene, image in zip(scenes, images, strict=True):
        right.update(name for name, same in agreement(scene, read_scene(image)).items() if same)
    shares = {name: right[name] / prompts for name in VOCABULARY}
    shares["all"] = sum(shares.values()) / len(VOCABULARY)
    if sheet is not None:
        _contact_sheet(images[:40], sheet)
    return shares


def _contact_sheet(images: list[Image.Image], path: Path) -> None:
    side = images[0].width
    sheet = Image.new("RGB", (10 * side, -(-len(images) // 10) * side))
    for index, image in enumerate(images):
        sheet.paste(image, (index % 10 * side, index // 10 * side))
    sheet.save(path)
