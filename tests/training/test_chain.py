"""Every stage of the training runs and hands on to the next; two steps each, in a folder apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from profiler import paths
from training.assemble import PARTS

CHAIN = """
import sys
from pathlib import Path
from training.common import use_one_thread
from training.data import draw_scenes
from training.clip import train_clip
from training.vae import train_vae
from training.unet import encode_drawings, train_unet
from training.student import train_student
from training.consistency import train_consistency
from training.tiny_vae import train_tiny_vae
from training.specialists import train_specialists
from training.assemble import assemble

if __name__ == "__main__":
    use_one_thread()
    data = draw_scenes(1, 1)
    train_clip(data, steps=2, batch=8)
    train_vae(data, steps=2, batch=4)
    encode_drawings(per_scene=1)
    train_unet(0, 1, 2, 4, int(sys.argv[2]))
    train_unet(0, 1, 3, 4, int(sys.argv[2]) + 1)
    train_student(2, batch=4)
    train_student(2, "tiny", batch=4)
    train_consistency(2, batch=4)
    train_tiny_vae(data, 2, batch=4)
    train_specialists(2, batch=4)
    assemble(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Work folder and target of a training of two steps a stage."""
    folder = tmp_path_factory.mktemp("training")
    work, target = folder / "work", folder / "weights"
    script = folder / "chain.py"
    script.write_text(CHAIN)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "TINY_SD_WORK": str(work), "PYTHONPATH": str(root)}
    port = str(20000 + os.getpid() % 20000)
    subprocess.run(
        [sys.executable, str(script), str(target), port],
        env=environment,
        check=True,
        capture_output=True,
        timeout=600,
    )
    return work, target


def test_the_chain_makes_the_same_files_as_are_shipped(made: tuple[Path, Path]) -> None:
    _, target = made
    shipped = paths.embedded_weights()
    for model in ("tiny-sd", *PARTS.values()):
        sums = (shipped / model / "SHA256SUMS").read_text().splitlines()
        new = (target / model / "SHA256SUMS").read_text().splitlines()
        assert [line[66:] for line in new] == [line[66:] for line in sums]


def test_the_unet_resumes_from_its_checkpoint(made: tuple[Path, Path]) -> None:
    work, _ = made
    steps = [line.split(",")[0] for line in (work / "unet.csv").read_text().splitlines()]
    assert steps == ["step", "1"]  # the second call went on at step 3, and logs no step 1
    import torch

    assert torch.load(work / "unet.pt", weights_only=True)["step"] == 3


def test_what_was_made_loads_and_paints(made: tuple[Path, Path]) -> None:
    from diffusers import StableDiffusionPipeline

    _, target = made
    pipe = StableDiffusionPipeline.from_pretrained(target / "tiny-sd", safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    images = pipe("a small red circle", num_inference_steps=2, guidance_scale=3.0).images
    assert images[0].size == (64, 64)
