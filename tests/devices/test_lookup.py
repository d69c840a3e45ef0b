"""Profiles are found by id, alias or NVML name, quickly, the user's own first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from profiler.devices import lookup, profile
from profiler.devices.lookup import all_profiles, find, match_cpu, match_nvml
from profiler.errors import InputError, UnknownName

ROOT = Path(__file__).resolve().parents[2]
GIB = 2**30


@pytest.fixture(autouse=True)
def _no_user_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDPROF_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("gtx1650", "gtx1650"),
        ("GTX 1650", "gtx1650"),
        ("gtx-1650", "gtx1650"),
        ("NVIDIA GeForce GTX 1650", "gtx1650"),
        ("rtx3060", "rtx3060_12gb"),
        ("GeForce RTX 3060", "rtx3060_12gb"),
        ("NVIDIA H100 80GB HBM3", "h100_sxm"),
        ("h200", "h200_sxm"),
        ("Tesla T4", "t4"),
        ("Xeon 8480+", "xeon_spr_8480"),
        ("Jetson Orin Nano", "jetson_orin_nano_8gb"),
    ],
)
def test_names(name: str, device: str) -> None:
    assert find(name).id == device


def test_an_id_reads_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counting(path: Path) -> profile.HardwareProfile:
        read.append(path)
        return profile.read_profile(path)

    monkeypatch.setattr(lookup, "read_profile", counting)
    assert find("GTX 1650").memory_bytes == 4 * GIB
    assert [path.name for path in read] == ["gtx1650.yaml"]


def test_every_profile_is_found_by_each_of_its_names() -> None:
    profiles = all_profiles()
    assert len(profiles) == 44
    for device in profiles:
        assert find(device.id) == device
        for alias in device.aliases:
            assert find(alias).id == device.id
        # Exactly on the bound both variants of a name would do.
        clock = (device.match.min_memory_clock_mhz or 3999) + 1
        for name in device.match.nvml_names:
            found = match_nvml(name, device.memory_bytes, clock)
            assert found is not None
            # The two Orin Nanos are one board in two power modes, and look the same.
            assert device.id in {found.id, "jetson_orin_nano_super"}


def test_unknown_and_ambiguous_names() -> None:
    with pytest.raises(UnknownName, match="unknown device 'gtx1651' - did you mean 'gtx1650'"):
        find("gtx1651")
    with pytest.raises(InputError, match="name one of: jetson_agx_orin_64gb, jetson_orin_nano"):
        find("Orin (nvgpu)")


def test_variants_of_one_nvml_name() -> None:
    name = "NVIDIA GeForce GTX 1650"
    assert match_nvml(name, 4 * GIB, 4001).id == "gtx1650"  # type: ignore[union-attr]
    assert match_nvml(name, 4 * GIB, 6001).id == "gtx1650_gddr6"  # type: ignore[union-attr]
    assert match_nvml("NVIDIA GeForce RTX 3080", 12 * GIB, None) is None
    assert match_nvml("NVIDIA GeForce RTX 9999", 12 * GIB, None) is None


def test_a_slice_of_a_processor_is_not_the_processor() -> None:
    name = "Intel(R) Xeon(R) Platinum 8480+"
    assert match_cpu(name, 2) is None
    assert match_cpu(name, 112).id == "xeon_spr_8480"  # type: ignore[union-attr]


def own_profile(folder: Path, device: str, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = f"schema_version: 1\nid: {device}\nname: {name}\nkind: cuda\nsources: [me]\n"
    (folder / f"{device}.yaml").write_text(text, encoding="utf-8")


def test_own_profiles_come_first(tmp_path: Path) -> None:
    own_profile(tmp_path / "home" / "hardware_profiles", "gtx1650", "mine at home")
    assert find("gtx1650").name == "mine at home"
    own_profile(tmp_path / "hardware_profiles", "gtx1650", "mine here")
    assert find("gtx1650").name == "mine here"
    own_profile(tmp_path / "hardware_profiles", "lab-card", "Lab Card 9")
    assert find("Lab Card 9").id == "lab-card"
    assert len(all_profiles()) == 45


def test_wrong_profile_is_told_with_file_and_key(tmp_path: Path) -> None:
    own_profile(tmp_path / "hardware_profiles", "bad", "Bad\nbandwith_gb_per_s: 3")
    with pytest.raises(InputError) as caught:
        find("bad")
    message = str(caught.value)
    assert "bad.yaml: bandwith_gb_per_s: unknown key - did you mean 'bandwidth_gb_per_s'" in message
    (tmp_path / "hardware_profiles" / "bad.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.yaml:\d+:\d+: not valid YAML"):
        find("bad")


def test_looking_up_imports_nothing_heavy() -> None:
    code = (
        "import sys; from profiler.devices.lookup import find; find('gtx1650'); find('GTX 1060')\n"
        "heavy = {'torch', 'numpy', 'pydantic', 'pandas', 'psutil', 'pynvml'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
