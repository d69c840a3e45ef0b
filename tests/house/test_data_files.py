"""What ships beside the code is there, where paths.py says."""

from __future__ import annotations

from profiler import paths


def test_shipped_folders_hold_their_data() -> None:
    assert {p.stem for p in paths.suites().glob("*.yaml")} >= {"quickstart", "sd15", "nightly"}
    assert len(list(paths.hardware_profiles().glob("*.yaml"))) >= 44
    assert list(paths.reports().rglob("*.html*"))


def test_weights_are_below_their_limit() -> None:
    files = [path for path in paths.embedded_weights().rglob("*") if path.is_file()]
    assert any(path.suffix == ".safetensors" for path in files)
    assert sum(path.stat().st_size for path in files) <= 25_000_000
    assert not [path for path in files if path.suffix in {".bin", ".pt", ".ckpt", ".pkl"}]
