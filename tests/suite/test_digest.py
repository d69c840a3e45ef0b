from __future__ import annotations

from profiler.records.cell import Cell
from profiler.records.codec import from_json, to_json
from profiler.suite.digest import SUMS, digest_of
from tests.factories import make_cell


def test_what_is_not_there_has_no_digest(tmp_path):
    assert digest_of("embedded") == ""
    assert digest_of(str(tmp_path / "nowhere")) == ""


def test_a_list_of_sums_tells_the_content_and_nothing_else_does(tmp_path):
    (tmp_path / SUMS).write_text("a  unet.safetensors\n")
    before = digest_of(str(tmp_path))
    (tmp_path / "note.txt").write_text("read me")
    assert digest_of(str(tmp_path)) == before
    (tmp_path / SUMS).write_text("b  unet.safetensors\n")
    assert digest_of(str(tmp_path)) != before


def test_without_a_list_a_new_file_or_size_shows(tmp_path):
    empty = digest_of(str(tmp_path))
    file = tmp_path / "unet.safetensors"
    file.write_bytes(b"1234")
    small = digest_of(str(file))
    folder = digest_of(str(tmp_path))
    file.write_bytes(b"12345")
    assert len({empty, folder, digest_of(str(tmp_path))}) == 3
    assert digest_of(str(file)) != small


def test_another_content_is_another_cell_and_none_is_the_old_one():
    plain = make_cell()
    assert from_json(Cell, to_json(plain)).cell_id == plain.cell_id
    without = {k: v for k, v in to_json(plain).items() if k != "weights_digest"}
    assert from_json(Cell, without).cell_id == plain.cell_id
    ids = {make_cell(weights="/m", weights_digest=d).cell_id for d in ("", "a", "b")}
    assert len(ids) == 3
