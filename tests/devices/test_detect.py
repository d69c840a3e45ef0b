"""Which device this machine has, through the real pynvml against a fake library."""

from __future__ import annotations

import pytest

from profiler.devices import cpu, detect
from profiler.devices.cpu import cpu_count, cpu_name, slug, total_memory_bytes
from profiler.devices.detect import local_device
from profiler.devices.nvml import Gpu
from profiler.errors import InputError

GTX = "NVIDIA GeForce GTX 1650"


def test_gpu_with_a_profile(detected) -> None:
    found = detected(FAKE_COUNT="1", FAKE_NAMES=GTX, FAKE_MEMORY="4294836224", FAKE_CLOCKS="4001")
    assert found == ["gtx1650", "cuda:0", 4294836224, "NVML"]


def test_memory_clock_tells_the_variants_apart(detected) -> None:
    found = detected(FAKE_COUNT="1", FAKE_NAMES=GTX, FAKE_MEMORY="4294836224", FAKE_CLOCKS="6001")
    assert found[0] == "gtx1650_gddr6"


def test_unknown_variant_gets_a_profile_of_its_own(detected) -> None:
    name = "NVIDIA GeForce RTX 3080"
    found = detected(FAKE_COUNT="1", FAKE_NAMES=name, FAKE_MEMORY=str(12 * 2**30))
    assert found[:2] == ["nvidia-geforce-rtx-3080-12gib", "cuda:0"]


def test_second_gpu_and_visible_devices(detected) -> None:
    two = {
        "FAKE_COUNT": "2",
        "FAKE_NAMES": f"{GTX};Tesla T4",
        "FAKE_MEMORY": "4294836224;15835660288",
    }
    assert detected("cuda:1", **two)[:2] == ["t4", "cuda:1"]
    assert detected("cuda:0", CUDA_VISIBLE_DEVICES="1", **two)[:2] == ["t4", "cuda:0"]
    assert detected(CUDA_VISIBLE_DEVICES="GPU-1", **two)[:2] == ["t4", "cuda:0"]
    assert detected(CUDA_VISIBLE_DEVICES="GPU-1,x", **two)[:2] == ["t4", "cuda:0"]
    hidden = detected(CUDA_VISIBLE_DEVICES="", **two)
    assert hidden[1] == "cpu"
    assert "CUDA_VISIBLE_DEVICES='' hides every GPU" in hidden[3]
    assert detected("cuda:7", **two) == [
        "Unsupported", "there is no cuda:7: NVML shows 2 GPU; use --device cpu"
    ]  # fmt: skip


def test_jetson_shares_the_memory_of_the_host(detected) -> None:
    found = detected(FAKE_COUNT="1", FAKE_NAMES="Orin (nvgpu)", FAKE_MEMORY="0")
    assert found[1:3] == ["cuda:0", total_memory_bytes()]


def test_driver_that_does_not_start(detected) -> None:
    found = detected(FAKE_INIT="9")
    assert found[1] == "cpu"
    assert "NVML is not available" in found[3]
    assert detected("cuda", FAKE_INIT="9")[0] == "Unsupported"


def test_cpu_of_this_machine() -> None:
    found = local_device("cpu")
    assert found.torch_device == "cpu"
    assert found.profile.kind == "cpu"
    assert found.profile.memory_bytes == total_memory_bytes() > 2**28
    assert found.profile.id


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "CUDA", "cuda:-1", ""])
def test_wrong_device_is_an_error_with_advice(name: str) -> None:
    with pytest.raises(InputError, match="use auto, cpu, cuda or cuda:N"):
        local_device(name)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("AMD EPYC", "amd-epyc"),
        ("Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", "intel-core-i7-9750h"),
        ("AMD Ryzen 9 7950X 16-Core Processor", "amd-ryzen-9-7950x"),
        ("", "unknown"),
    ],
)
def test_slug(name: str, short: str) -> None:
    assert slug(name) == short


def test_cpu_names() -> None:
    assert cpu_name("processor: 0\nmodel name\t: AMD EPYC 7R13\nflags: x\n") == "AMD EPYC 7R13"
    assert cpu_name("CPU implementer: 0x41\nCPU part\t: 0xd40\n") == "Neoverse-V1"
    assert cpu_name("")
    assert cpu_count() >= 1


def test_without_proc_the_platform_names_the_processor(monkeypatch) -> None:
    monkeypatch.setattr(cpu, "_CPUINFO", cpu.Path("/not/there"))
    monkeypatch.setattr(cpu.platform, "processor", lambda: "x86_64")
    assert cpu_name() == "x86_64"


def test_a_torch_without_cuda_leaves_the_gpu_alone(monkeypatch) -> None:
    """The plain wheels for Windows have no "+cpu" in their version."""
    gpu = Gpu(GTX, 4294836224, 4001.0, (7, 5), 75.0)
    monkeypatch.setattr(detect, "visible_gpus", lambda: ([gpu], ""))
    monkeypatch.setattr(detect, "torch_cuda", lambda: "")
    assert "without CUDA" in local_device().detected_by
    monkeypatch.setattr(detect, "torch_cuda", lambda: None)  # recommend works without torch
    assert local_device().torch_device == "cuda:0"
