"""Energy of the processor packages, from Linux's powercap counters (Intel and AMD Zen)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from profiler.telemetry.instrument import Reading

UNITS: Mapping[str, str] = {"cpu_energy_j": "J"}
ROOT = Path("/sys/class/powercap")
# Packages only: N:M are parts of package N, "psys" holds the packages, and intel-rapl-mmio counts
# the same packages again. Adding those up would count energy twice.
_PACKAGE_ZONE = re.compile(r"intel-rapl:\d+$")
_GRANT = "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"


@dataclass
class _Zone:
    """One counter, in microjoules, which starts again at 0 above `range_uj`."""

    path: Path
    range_uj: int
    last_uj: int
    wraps: int = 0

    def total_uj(self) -> int:
        now = int(self.path.read_text())
        if now < self.last_uj:
            self.wraps += 1
        self.last_uj = now
        return now + self.wraps * (self.range_uj + 1)


class RaplInstrument:
    """`cpu_energy_j`: joules of all packages since an unknown time; only differences mean energy.

    The memory is in it only where the processor counts it so. `root` is the sysfs folder.
    """

    units = UNITS

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._zones: list[_Zone] = []
        self._reason = ""

    def open(self) -> None:
        """Find the packages and whether they may be read."""
        try:
            self._zones = [_zone(folder) for folder in _packages(self._root)]
        except PermissionError:
            # Root only since CVE-2020-8694, where the counter told secrets of other processes.
            self._reason = f"the energy counter is for root; allow it until reboot with: {_GRANT}"
        except (OSError, ValueError) as error:
            self._reason = f"the energy counter cannot be read: {error}"
        else:
            if not self._zones:
                self._reason = f"this processor has no energy counter in {self._root}"

    def read(self, now_s: float) -> Reading:  # noqa: ARG002 - part of the protocol
        """The sum over all packages, with wraps undone."""
        if self._reason:
            return {"cpu_energy_j": self._reason}
        try:
            return {"cpu_energy_j": sum(zone.total_uj() for zone in self._zones) * 1e-6}
        except (OSError, ValueError) as error:
            return {"cpu_energy_j": f"the energy counter could not be read: {error}"}

    def close(self) -> None:
        """Nothing to let go of."""


def _packages(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    zones = sorted(path for path in root.iterdir() if _PACKAGE_ZONE.match(path.name))
    return [zone for zone in zones if (zone / "name").read_text().startswith("package")]


def _zone(folder: Path) -> _Zone:
    counter = folder / "energy_uj"
    return _Zone(
        counter, int((folder / "max_energy_range_uj").read_text()), int(counter.read_text())
    )
