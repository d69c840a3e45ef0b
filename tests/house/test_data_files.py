"""What ships beside the code is there, where paths.py says."""

from __future__ import annotations

from pathlib import Path

from profiler import paths
from profiler.pipelines.checked import check_folder, read_sums


def test_shipped_folders_hold_their_data() -> None:
    assert {p.stem for p in paths.suites().glob("*.yaml")} >= {"quickstart", "sd15", "nightly"}
    assert len(list(paths.hardware_profiles().glob("*.yaml"))) >= 44
    assert list(paths.reports().rglob("*.html*"))


def test_weights_are_below_their_limit() -> None:
    files = [path for path in paths.embedded_weights().rglob("*") if path.is_file()]
    assert any(path.suffix == ".safetensors" for path in files)
    first = {"tiny-sd", "tiny-sd-student-small"}
    needed = [file for file in files if first & set(file.parts)]
    assert 15_000_000 < _bytes(needed) <= 25_000_000
    assert _bytes(files) <= 40_000_000
    assert not [path for path in files if path.suffix in {".bin", ".pt", ".ckpt", ".pkl"}]


def test_the_whole_package_is_below_its_limit() -> None:
    package = paths.embedded_weights().parents[1]
    folders = [package, paths.suites(), paths.hardware_profiles(), paths.reports()]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    shipped = [file for file in files if "__pycache__" not in file.parts]
    assert _bytes(shipped) < 60_000_000


def test_every_part_that_ships_has_right_sums() -> None:
    folders = sorted(paths.embedded_weights().iterdir())
    assert {folder.name for folder in folders} >= {
        "tiny-sd",
        "tiny-sd-student-small",
        "tiny-sd-student-tiny",
        "tiny-sd-consistency",
        "tiny-sd-tiny-vae",
        "tiny-sd-specialist-angular",
        "tiny-sd-specialist-round",
    }
    for folder in folders:
        check_folder(folder)
    listed = read_sums(paths.embedded_weights() / "tiny-sd")
    assert len([name for name in listed if name.startswith("training/")]) == 9


def _bytes(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)
