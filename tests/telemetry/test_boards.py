"""Which board a torch device is, and what NVML says about it."""

import pytest

from profiler.worker.protocol import WORKER_SETTINGS
from tests.telemetry.fakes import Play

TWO = "device Fake-A GPU-aaaa-1\ndevice Fake-A GPU-bbbb-2\n"
MIXED = "device Fake-A GPU-aaaa-1\ndevice Fake-B GPU-bbbb-2\n"


def test_the_environment_of_a_board(play: Play) -> None:
    assert play(TWO, seconds=0.1).info == {
        "driver": "575.51.03",
        "cuda": "12.9",
        "name": "Fake-A",
        "memory_bytes": 8 * 2**30,
        "uuid": "GPU-aaaa-1",
        "power_limit_w": 250.0,
    }


def test_what_cannot_be_read_is_left_out(play: Play) -> None:
    failing = "fail nvmlDeviceGetEnforcedPowerLimit 3 0 9\nfail nvmlSystemGetDriverVersion 4 0 9\n"
    info = play(TWO + failing, seconds=0.1).info
    assert set(info) == {"cuda", "name", "memory_bytes", "uuid"}


@pytest.mark.parametrize(
    ("device", "visible", "uuid"),
    [
        ("cuda", None, "GPU-aaaa-1"),
        ("cuda:1", None, "GPU-bbbb-2"),
        ("cuda:0", "1", "GPU-bbbb-2"),
        ("cuda:1", "1,0", "GPU-aaaa-1"),
        ("cuda:0", "GPU-bbbb", "GPU-bbbb-2"),
        ("GPU-bbbb-2", "0", "GPU-bbbb-2"),
    ],
)
def test_the_number_is_that_of_the_visible_boards(
    play: Play, device: str, visible: str | None, uuid: str
) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert play(TWO, device=device, seconds=0.1, **environment).info["uuid"] == uuid


@pytest.mark.parametrize(
    ("device", "visible"), [("cuda:2", "0,1"), ("cuda:0", ""), ("cuda:0", "-1"), ("cuda:1", "0,7")]
)
def test_a_board_that_is_not_visible(play: Play, device: str, visible: str) -> None:
    seen = play(TWO, device=device, seconds=0.1, CUDA_VISIBLE_DEVICES=visible)
    assert "not among" in seen.info["reason"]
    assert "not among" in seen.trace.missing["power_w"]


def test_an_unknown_uuid(play: Play) -> None:
    assert "Not Found" in play(TWO, device="GPU-zzzz", seconds=0.1).info["reason"]


def test_boards_of_several_kinds_are_numbered_as_nvml_does(play: Play) -> None:
    """Workers run with CUDA_DEVICE_ORDER=PCI_BUS_ID, so that CUDA agrees with NVML."""
    assert WORKER_SETTINGS["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert play(MIXED, device="cuda:1", seconds=0.1).info["name"] == "Fake-B"
