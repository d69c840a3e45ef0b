"""The powercap counters of a made-up sysfs tree."""

from pathlib import Path

import pytest

from profiler.telemetry import rapl
from profiler.telemetry.rapl import RaplInstrument


def zone(root: Path, folder: str, name: str, energy_uj: int, range_uj: int = 10**9) -> Path:
    path = root / folder
    path.mkdir()
    (path / "name").write_text(name + "\n")
    (path / "energy_uj").write_text(f"{energy_uj}\n")
    (path / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return path / "energy_uj"


def opened(root: Path) -> RaplInstrument:
    instrument = RaplInstrument(root)
    instrument.open()
    return instrument


def joules(instrument: RaplInstrument) -> float:
    value = instrument.read(0.0)["cpu_energy_j"]
    assert isinstance(value, float), value
    return value


def test_packages_are_added_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    zone(tmp_path, "intel-rapl:0:0", "core", 3_000_000)
    zone(tmp_path, "intel-rapl:1", "package-1", 7_000_000)
    zone(tmp_path, "intel-rapl:2", "psys", 99_000_000)
    zone(tmp_path, "intel-rapl-mmio:0", "package-0", 5_000_000)
    assert joules(opened(tmp_path)) == pytest.approx(12.0)


def test_a_counter_that_starts_again_goes_on(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 900, range_uj=999)
    instrument = opened(tmp_path)
    seen = [joules(instrument)]
    for raw in (950, 20, 500, 10):
        counter.write_text(str(raw))
        seen.append(joules(instrument))
    assert seen == pytest.approx([900e-6, 950e-6, 1020e-6, 1500e-6, 2010e-6])


def test_no_counter(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "absent"):
        assert "no energy counter" in str(opened(root).read(0.0)["cpu_energy_j"])


def test_without_permission_the_reason_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read any file, so the refusal is made up where the tests run as root."""
    zone(tmp_path, "intel-rapl:0", "package-0", 1)

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(rapl, "_zone", refuse)
    reason = str(opened(tmp_path).read(0.0)["cpu_energy_j"])
    assert "sudo chmod a+r" in reason


def test_nonsense_and_loss_midway_are_told(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 1)
    instrument = opened(tmp_path)
    counter.unlink()
    assert "could not be read" in str(instrument.read(0.0)["cpu_energy_j"])
    counter.write_text("no number")
    assert "cannot be read" in str(opened(tmp_path).read(0.0)["cpu_energy_j"])
