"""Emitted scripts are run, and their images compared with those of the measuring code itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from profiler import paths
from profiler.analysis.emit import emit_python
from profiler.catalogue.compression import COMPRESSIONS
from profiler.records.cell import Cell, MethodUse
from tests.analysis.tiny_pipeline import save_tiny_pipeline
from tests.factories import make_cell

ROOT = Path(__file__).parents[2]
TINY_SD = paths.embedded_weights() / "tiny-sd" / "model_index.json"
STUDENT = paths.embedded_weights() / "tiny-sd-student-small" / "config.json"
# Runs several scripts in one process, so that torch is imported once.
DRIVER = """
import runpy, sys, torch
torch.set_num_threads(1)
for job in sys.argv[1:]:
    script, out = job.split("|")
    sys.argv = [script, "--images", "2", "--device", "cpu", "--out", out]
    runpy.run_path(script, run_name="__main__")
"""


def use(name: str, *components: str, **parameters: str | int | float | bool) -> MethodUse:
    spec = COMPRESSIONS[name]
    return MethodUse(name, components or ("unet",), {**spec.defaults(), **parameters})


def cells(**changes: object) -> Mapping[str, Cell]:
    """What can be run on a CPU with any weights."""
    whole = ("unet", "vae", "text_encoder")
    chains = {
        "plain": (),
        "int8": (use("absmax-int8", *whole),),
        "int8-tensor": (use("absmax-int8", granularity="tensor", convolutions=False),),
        "bnb-int8": (use("bnb-int8", "unet", "text_encoder"),),
        "bnb-nf4": (use("bnb-nf4"),),
        "pruned": (use("structured-pruning", round_to=8),),
        "pruned-int8": (use("structured-pruning", round_to=8), use("absmax-int8")),
    }
    return {name: make_cell(compression=chain, **changes) for name, chain in chains.items()}


def switched(**changes: object) -> Cell:
    """All optimisations that do something on a CPU, quickly."""
    names = ("attention-slicing", "vae-slicing", "vae-tiling", "channels-last")
    return make_cell(
        optimisations=tuple(MethodUse(name) for name in names),
        batch_size=2,
        precision="bf16",
        scheduler="dpm++",
        **changes,
    )


def run_scripts(made: Mapping[str, Cell], folder: Path) -> dict[str, list[bytes]]:
    """Run the scripts of the cells in a process of their own; PNG contents by cell name."""
    from PIL import Image

    jobs = []
    for name, cell in made.items():
        script = folder / f"{name}.py"
        script.write_text(emit_python(cell), "utf-8")
        jobs.append(f"{script}|{folder / name}")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, *jobs],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    painted = {}
    for name in made:
        files = sorted((folder / name).glob("*.png"))
        assert len(files) == 2
        assert all(str(file) in done.stdout for file in files), "it says where the images are"
        painted[name] = [Image.open(file).tobytes() for file in files]
    return painted


def measured_images(cell: Cell) -> list[bytes]:
    """The same images by the code that measures."""
    import torch
    from PIL import Image

    from profiler.compress.apply import apply_chain
    from profiler.pipelines.engine import Engine
    from profiler.pipelines.load import load_pipeline
    from profiler.pipelines.optimise import apply_optimisations
    from profiler.worker.images import Painter

    torch.set_num_threads(1)
    pipe = load_pipeline(cell.model, cell.weights, cell.precision, "cpu", cell.scheduler)
    apply_chain(pipe, cell, "cpu")
    engine = Engine(pipe)
    apply_optimisations(engine, cell, "cpu")
    painter = Painter(engine, cell, "cpu")
    found: list[bytes] = []
    for first in range(0, 2, cell.batch_size):
        prompts = tuple(range(first, first + cell.batch_size))
        _, images = painter.paint(first, prompts, warm=False)
        found += [Image.fromarray((i * 255).round().astype("uint8")).tobytes() for i in images]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_pipeline(tmp_path_factory.mktemp("tiny") / "pipeline")


def check(made: Mapping[str, Cell], folder: Path) -> dict[str, list[bytes]]:
    """Run the scripts and compare every image with the measured one, bit by bit."""
    painted = run_scripts(made, folder)
    for name, cell in made.items():
        assert painted[name] == measured_images(cell), name
    return painted


def test_scripts_paint_what_was_measured(folder: Path, tmp_path: Path) -> None:
    same = {"model": "sd15", "weights": str(folder), "width_px": 32, "height_px": 32, "steps": 2}
    painted = check({**cells(**same), "switches": switched(**same)}, tmp_path)
    for name in painted.keys() - {"plain"}:
        assert painted[name] != painted["plain"], name


@pytest.mark.skipif(not TINY_SD.is_file(), reason="the weights of tiny-sd are not in this checkout")
def test_scripts_of_the_embedded_model_run(tmp_path: Path) -> None:
    made = cells(steps=4)
    check({name: made[name] for name in ("plain", "int8", "bnb-nf4")}, tmp_path)


@pytest.mark.skipif(not STUDENT.is_file(), reason="the student of tiny-sd is not in this checkout")
def test_the_script_of_the_student_runs(tmp_path: Path) -> None:
    check({"student": make_cell(steps=4, compression=(use("distilled-student"),))}, tmp_path)
