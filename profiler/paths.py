"""Where sdprof's data lie, in a checkout and in a wheel, and where the user's data go."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def _data(name: str) -> Path:
    """A folder of shipped data: beside the package in a checkout, inside it in a wheel."""
    inside = _PACKAGE / "data" / name
    return inside if inside.is_dir() else _CHECKOUT / name


def suites() -> Path:
    """The shipped suites, `*.yaml`."""
    return _data("suites")


def hardware_profiles() -> Path:
    """The shipped hardware profiles, one YAML per device."""
    return _data("hardware_profiles")


def reports() -> Path:
    """Templates, style sheets and scripts of the pages."""
    return _data("reports")


def embedded_weights() -> Path:
    """Folder of the weights that ship with sdprof (tiny-sd and its relatives)."""
    return _PACKAGE / "pipelines" / "weights"


def user_data() -> Path:
    """The user's data folder: SDPROF_HOME, else the platform's place for application data."""
    if home := os.environ.get("SDPROF_HOME"):
        return Path(home)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "sdprof"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "sdprof"


def default_store() -> Path:
    """The SQLite file that is used where no --store is given."""
    return user_data() / "sdprof.sqlite"
