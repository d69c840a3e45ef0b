"""Packages add entries through entry points; a broken one is told and does no harm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from profiler.catalogue import registry
from profiler.errors import UnknownName
from profiler.records.catalogue import MethodSpec

GROUP = "sdprof.tests"
MODULE = """
from profiler.records.catalogue import MethodSpec
GOOD = MethodSpec("third-party", "quantise", "other:thing", "doc", "source")
TAKEN = MethodSpec("built-in", "prune", "other:thing", "doc", "source")
WRONG = "not a spec"
"""


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, MethodSpec]:
    """A catalogue with one built-in entry beside a package, really installed on the path."""
    (tmp_path / "sdprof_other.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "sdprof_other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sdprof-other\nVersion: 1\n")
    points = [f"{name.lower()} = sdprof_other:{name}" for name in ("GOOD", "TAKEN", "WRONG")]
    points.append("gone = sdprof_other_missing:X")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n" + "\n".join(points) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_extended", set())
    yield {"built-in": MethodSpec("built-in", "prune", "a:b", "doc", "source")}
    sys.modules.pop("sdprof_other", None)


def find(name: str, entries: dict[str, MethodSpec]) -> MethodSpec:
    return registry.lookup("method", name, entries, GROUP, MethodSpec)


def test_built_in_names_load_no_package(entries: dict[str, MethodSpec]) -> None:
    assert find("built-in", entries).target == "a:b"
    assert "sdprof_other" not in sys.modules


def test_entry_point_extends_and_broken_ones_are_told(entries: dict[str, MethodSpec]) -> None:
    with pytest.warns(UserWarning, match="entry point") as told:
        assert find("third-party", entries).target == "other:thing"
    messages = "\n".join(str(warning.message) for warning in told)
    assert "'gone' of sdprof-other cannot be loaded: ModuleNotFoundError" in messages
    assert "'wrong' of sdprof-other is left out: it gives str, expected MethodSpec" in messages
    assert "'taken' of sdprof-other is left out: the name 'built-in' is taken" in messages
    assert entries["built-in"].target == "a:b"


@pytest.mark.filterwarnings("ignore:entry point")
def test_unknown_name_offers_installed_ones(entries: dict[str, MethodSpec]) -> None:
    with pytest.raises(UnknownName, match="did you mean 'third-party'"):
        find("third-part", entries)
