"""Measurements that a store refused."""

from __future__ import annotations

from profiler.orchestrate import spool
from profiler.store import open_store
from profiler.store.memory import MemoryStore
from tests.factories import make_measurement
from tests.worker.png import grey_png


class Located(MemoryStore):
    def __init__(self, location):
        super().__init__()
        self._location = str(location)

    @property
    def location(self):
        return self._location


def test_what_was_spooled_comes_back_equal(tmp_path):
    measurement, png = make_measurement(), grey_png(4, 9)
    path = spool.spool(measurement, {"0": png}, str(tmp_path / "s.sqlite"))
    assert path.parent == tmp_path / "s.sqlite.spool"
    store = Located(tmp_path / "s.sqlite")
    assert spool.pick_up(store) == 1
    (found,) = store.measurements()
    assert store.image(found.images["0"]) == png
    assert found.runs == measurement.runs
    assert spool.pick_up(store) == 0


def test_it_goes_into_the_real_store_as_well(tmp_path):
    location = tmp_path / "s.sqlite"
    with open_store(location) as store:
        spool.spool(make_measurement(), {}, store.location)
        assert spool.pick_up(store) == 1
        assert len(store.measurements()) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == []


def test_where_the_store_has_no_folder_the_users_takes_it(tmp_path, own_home):
    path = spool.spool(make_measurement(), {}, "postgresql://host/db")
    assert path.is_relative_to(own_home)
    assert spool.pick_up(Located("postgresql://host/db")) == 1


def test_where_no_disk_takes_it_there_is_no_path(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SDPROF_HOME", str(tmp_path / "file"))
    (tmp_path / "s.sqlite.spool").write_text("in the way too")
    assert spool.spool(make_measurement(), {}, str(tmp_path / "s.sqlite")) is None


def test_a_damaged_file_is_left_for_a_person(tmp_path):
    folder = tmp_path / "s.sqlite.spool"
    folder.mkdir()
    (folder / "a.json").write_text("{")
    assert spool.pick_up(Located(tmp_path / "s.sqlite")) == 0
    assert (folder / "a.json").exists()
