"""Stage 8: the trained parts as diffusers folders, with SHA-256 sums, logs and a model card."""

from __future__ import annotations

import shutil
from pathlib import Path

from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

from profiler import paths
from profiler.pipelines.checked import SUMS, sha256
from training.common import WORK
from training.data import SIDE_PX
from training.unet import build_scheduler

# The logs that go with the weights, by the names of their stages.
LOGS = (
    "clip",
    "vae",
    "unet",
    "student",
    "student-tiny",
    "consistency",
    "tiny_vae",
    "specialist-angular",
    "specialist-round",
)
# Single parts that take the place of one of tiny-sd's: folder of the work to shipped folder.
PARTS = {
    "student": "tiny-sd-student-small",
    "student-tiny": "tiny-sd-student-tiny",
    "consistency": "tiny-sd-consistency",
    "tiny_vae": "tiny-sd-tiny-vae",
    "specialist-angular": "tiny-sd-specialist-angular",
    "specialist-round": "tiny-sd-specialist-round",
}
CARD = Path(__file__).parent / "MODEL_CARD.md"


def assemble(target: Path | None = None) -> None:
    """Write `tiny-sd` and all parts beside it below `target` (the shipped weights)."""
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
    for part in PARTS:
        if (WORK / part).exists():
            assemble_part(part, root)
    add_logs(model)


def assemble_part(name: str, target: Path | None = None) -> None:
    """Write one trained part as it was saved, in its own number format, with its sums."""
    folder = (target or paths.embedded_weights()) / PARTS[name]
    folder.mkdir(parents=True, exist_ok=True)
    for file in (WORK / name).iterdir():
        # Not copy2: the files get the usual rights, not those of the training.
        shutil.copyfile(file, folder / file.name)
    write_sums(folder)


def add_logs(model: Path) -> None:
    """Copy the logs of all stages into the model's folder, and list them with its weights."""
    logs = model / "training"
    logs.mkdir(exist_ok=True)
    for stage in LOGS:
        if (WORK / f"{stage}.csv").exists():
            shutil.copyfile(WORK / f"{stage}.csv", logs / f"{stage}.csv")
    write_sums(model)


def write_card(model: Path, shares: dict[str, float], student: dict[str, float]) -> None:
    """The model card with the shares of right attributes, of the model and of its student."""
    lines = ["| attribute | tiny-sd | student |", "|---|---|---|"]
    lines += [f"| {name} | {share:.1%} | {student[name]:.1%} |" for name, share in shares.items()]
    (model / "MODEL_CARD.md").write_text(CARD.read_text().replace("{TABLE}", "\n".join(lines)))


def write_sums(folder: Path) -> None:
    """SHA256SUMS of every file that is loaded and of the stages' logs, as sha256sum writes it."""
    loaded = (".safetensors", ".json", ".txt", ".jinja")
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in loaded or (file.suffix == ".csv" and file.stem in LOGS)
    )
    lines = [f"{sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / SUMS).write_text("".join(lines))


def _image_processor() -> CLIPImageProcessor:
    side = {"height": SIDE_PX, "width": SIDE_PX}
    return CLIPImageProcessor(
        size={"shortest_edge": SIDE_PX},
        crop_size=side,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
