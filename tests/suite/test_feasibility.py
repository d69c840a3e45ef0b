"""Cells that cannot run are told so, with the reason and the next move, before they start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from profiler.devices.lookup import find
from profiler.records.cell import MethodUse
from profiler.records.device import HardwareProfile
from profiler.suite.feasibility import why_not
from tests.factories import int8_cell, make_cell

CPU = HardwareProfile(id="cpu-x", name="Example CPU", kind="cpu")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "tiny-sd").mkdir()
    (tmp_path / "tiny-sd" / "model_index.json").write_text("{}", encoding="utf-8")
    return tmp_path


def everything(_: str) -> bool:
    return True


def use(method: str, *components: str, **parameters: object) -> MethodUse:
    return MethodUse(method, components or ("unet",), parameters)  # type: ignore[arg-type]


def test_plain_cells_can_run(weights: Path) -> None:
    for cell in (make_cell(), int8_cell(), make_cell(precision="bf16")):
        assert why_not(cell, CPU, everything, weights) is None
    assert why_not(make_cell(precision="fp16"), find("gtx1650"), everything, weights) is None


@pytest.mark.parametrize(
    ("changes", "device", "reason"),
    [
        ({"precision": "fp16"}, CPU, "fp16 is refused on cpu: 65 times slower than fp32"),
        (
            {"precision": "bf16"},
            find("t4"),
            "bf16 needs compute capability 8.0; NVIDIA Tesla T4 has 7.5",
        ),
        (
            {"width_px": 72},
            CPU,
            "tiny-sd makes images in multiples of 16 px, not 72x64; the nearest is 64x64",
        ),
        (
            {"optimisations": (use("model-offload"),)},
            CPU,
            "model-offload runs on cuda only; Example CPU is a cpu device",
        ),
        (
            {"compression": (use("bnb-int8"),)},
            find("v100"),
            "bnb-int8 needs compute capability 7.5; NVIDIA Tesla V100 SXM2 16GB has 7.0",
        ),
        (
            {"model": "sd15", "weights": "random", "compression": (use("specialist"),)},
            CPU,
            "specialist is for tiny-sd only, not for sd15",
        ),
        (
            {"compression": (MethodUse("cast", ("vae",), {"dtype": "fp16"}),)},
            CPU,
            "cast: fp16 is refused on cpu: 65 times slower than fp32",
        ),
        ({"compression": (use("absmax-int8"), use("bnb-nf4"))}, CPU, "both quantise the unet"),
        ({"compression": (use("absmax-int8"), use("structured-pruning"))}, CPU, "the wrong order"),
        ({"compression": (use("structured-pruning", "vae"),)}, CPU, "cannot be applied to vae"),
        ({"compression": (use("absmax-int9"),)}, CPU, "did you mean 'absmax-int8'"),
        ({"weights": "hub"}, CPU, "tiny-sd has weights embedded, not 'hub'"),
        ({"model": "sd15", "weights": "/nowhere"}, CPU, "no such folder"),
        ({}, find("jetson_nano_4gb"), "PyTorch does not run on NVIDIA Jetson Nano 4GB"),
    ],
)
def test_reasons(weights: Path, changes: dict, device: HardwareProfile, reason: str) -> None:
    told = why_not(make_cell(**changes), device, everything, weights)
    assert told is not None
    assert reason in told


def test_missing_package_names_the_extra(weights: Path) -> None:
    cell = make_cell(compression=(use("structured-pruning"),))
    told = why_not(cell, CPU, lambda name: name != "torch_pruning", weights)
    assert told is not None
    assert "'torch-pruning', which is not installed" in told
    assert "pip install 'sdprof[run]'" in told
    told = why_not(make_cell(), CPU, lambda name: name != "diffusers", weights)
    assert told is not None
    assert "'diffusers'" in told


def test_missing_embedded_weights(tmp_path: Path) -> None:
    told = why_not(make_cell(), CPU, everything, tmp_path)
    assert told is not None
    assert "the weights of tiny-sd are not in" in told


def test_random_weights_need_no_files(tmp_path: Path) -> None:
    cell = make_cell(model="sd15", weights="random", width_px=512, height_px=512)
    assert why_not(cell, CPU, everything, tmp_path) is None


def test_looking_for_packages_imports_none() -> None:
    before = set(sys.modules)
    why_not(make_cell(), CPU)
    assert not {"torch", "diffusers", "transformers"} & (set(sys.modules) - before)
