"""The shipped profiles: right in form, in SI units, with sources, and plausible."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler import paths
from profiler.devices.profile import read_profile
from profiler.devices.validate import PEAKS, check_data, check_file
from profiler.errors import InputError

FILES = sorted(paths.hardware_profiles().glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_profile(path: Path) -> None:
    check_file(path)
    device = read_profile(path)
    assert device.sources
    assert device.bandwidth_bytes_per_s
    assert 1e9 < device.bandwidth_bytes_per_s < 1e13
    peaks = device.peak_flops
    assert 1e11 < peaks["fp32"] < 1e15
    if "fp16_tensor_fp16_accumulate" in peaks:
        assert peaks["fp16_tensor"] <= peaks["fp16_tensor_fp16_accumulate"]
    if device.kind == "cuda":
        assert device.capability
        assert device.memory_bytes >= 4 * 2**30
        assert device.features["bf16"] == (device.capability >= (8, 0))
        assert ("fp8_tensor" in peaks) == (device.capability >= (8, 9))
    low, high = device.match.min_memory_bytes, device.match.max_memory_bytes
    assert low is None or high is None or low < device.memory_bytes < high


def test_figures_of_one_device_in_si_units() -> None:
    device = read_profile(paths.hardware_profiles() / "gtx1650.yaml")
    assert device.bandwidth_bytes_per_s == pytest.approx(128.1e9)
    assert device.peak_flops["fp32"] == pytest.approx(2.984e12)
    assert (device.power_limit_w, device.capability) == (75.0, (7, 5))
    assert any("NaN or black" in quirk for quirk in device.quirks)
    assert device.details["sm_count"] == 14


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "gpu"}, "kind: "),
        ({"peak_tflops": {"fp31": 1.0}}, "unknown peak - did you mean 'fp32'"),
        ({"memory_gib": -1}, "memory_gib: "),
        (
            {"match": {"nvml_name": ["x"]}},
            "match.nvml_name: unknown key - did you mean 'nvml_names'",
        ),
        ({"sources": []}, "sources: "),
        ({"capability": "75"}, "capability: "),
    ],
)
def test_wrong_profiles_are_told_by_key(changes: dict, told: str) -> None:
    data = {"schema_version": 1, "id": "x", "name": "X", "kind": "cuda", "sources": ["me"]}
    check_data(data, Path("x.yaml"))
    with pytest.raises(InputError) as caught:
        check_data({**data, **changes}, Path("x.yaml"))
    assert f"x.yaml: {told}" in str(caught.value) or told in str(caught.value)
    assert set(PEAKS) >= {"fp32", "fp16_tensor"}


def test_file_is_named_after_its_id(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text((paths.hardware_profiles() / "t4.yaml").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match=r"id: is 't4', but the file is 'other\.yaml'"):
        check_file(path)


@pytest.mark.parametrize("text", ["[" * 20_000, f"memory_gib: {'1' * 5000}", "2001-99-99"])
def test_what_yaml_cannot_take_is_one_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"odd\.yaml"):
        read_profile(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_end() -> None:
    with pytest.raises(InputError, match="/dev/zero: is larger than 1 MiB"):
        read_profile(Path("/dev/zero"))
