"""Stage 5: the trained parts as diffusers folders, with SHA-256 sums, logs and a model card."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

from profiler import paths
from training.common import WORK
from training.data import SIDE_PX
from training.unet import build_scheduler

STAGES = ("clip", "vae", "unet", "student")
CARD = Path(__file__).parent / "MODEL_CARD.md"


def assemble(target: Path | None = None) -> None:
    """Write `tiny-sd` and `tiny-sd-student-small` below `target` (the shipped weights)."""
    root = target or paths.embedded_weights()
    model = root / "tiny-sd"
    tokenizer = CLIPTokenizer.from_pretrained(WORK / "tokenizer")
    pipeline = StableDiffusionPipeline(
        text_encoder=CLIPTextModel.from_pretrained(WORK / "clip"),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel.from_pretrained(WORK / "unet"),
        vae=AutoencoderKL.from_pretrained(WORK / "vae"),
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(model)
    CLIPModel.from_pretrained(WORK / "clip").save_pretrained(model / "clip")
    tokenizer.save_pretrained(model / "clip")
    _image_processor().save_pretrained(model / "clip")
    for stage in STAGES:
        (model / "training").mkdir(exist_ok=True)
        if (WORK / f"{stage}.csv").exists():
            shutil.copy(WORK / f"{stage}.csv", model / "training" / f"{stage}.csv")
    write_sums(model)
    if (WORK / "student").exists():
        student = root / "tiny-sd-student-small"
        UNet2DConditionModel.from_pretrained(WORK / "student").save_pretrained(student)
        write_sums(student)


def write_card(model: Path, shares: dict[str, float], student: dict[str, float]) -> None:
    """The model card with the shares of right attributes, of the model and of its student."""
    lines = ["| attribute | tiny-sd | student |", "|---|---|---|"]
    lines += [f"| {name} | {share:.1%} | {student[name]:.1%} |" for name, share in shares.items()]
    (model / "MODEL_CARD.md").write_text(CARD.read_text().replace("{TABLE}", "\n".join(lines)))


def write_sums(folder: Path) -> None:
    """SHA256SUMS of every file that is loaded, in the format of sha256sum."""
    loaded = (".safetensors", ".json", ".txt", ".jinja")
    files = sorted(p for p in folder.rglob("*") if p.suffix in loaded)
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n"
        for p in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _image_processor() -> CLIPImageProcessor:
    side = {"height": SIDE_PX, "width": SIDE_PX}
    return CLIPImageProcessor(
        size={"shortest_edge": SIDE_PX},
        crop_size=side,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
