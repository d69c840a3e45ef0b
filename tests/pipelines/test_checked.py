"""Sums of a folder of weights: every kind of damage is found and told with its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from profiler import paths
from profiler.errors import SdprofError
from profiler.pipelines.checked import SUMS, check_folder, read_sums, sha256, write_sums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of weights with its list."""
    folder = tmp_path / "weights"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    (folder / "unet" / "model.safetensors").write_bytes(bytes(range(256)))
    write_sums(folder)
    check_folder.cache_clear()
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(SdprofError) as caught:
        check_folder(folder)
    return str(caught.value)


def test_an_untouched_folder_passes_and_is_read_once(folder: Path) -> None:
    assert check_folder(folder) == folder
    (folder / "model_index.json").write_text("changed after the check")
    assert check_folder(folder) == folder
    check_folder.cache_clear()
    assert "model_index.json" in refused(folder)


def test_the_list_is_that_of_sha256sum(folder: Path) -> None:
    total = hashlib.sha256(b"{}").hexdigest()
    assert read_sums(folder)["model_index.json"] == total == sha256(folder / "model_index.json")
    assert f"{total}  model_index.json\n" in (folder / SUMS).read_text()
    assert SUMS not in read_sums(folder)


def test_binary_marks_and_capital_letters_of_sha256sum_are_read(folder: Path) -> None:
    before = read_sums(folder)
    lines = [f"{total.upper()} *{name}\n" for name, total in before.items()]
    (folder / SUMS).write_text("".join(lines))
    assert read_sums(folder) == before
    assert check_folder(folder) == folder


@pytest.mark.parametrize("position", [0, 100, 255])
def test_one_changed_bit_is_found(folder: Path, position: int) -> None:
    file = folder / "unet" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    message = refused(folder)
    assert message.startswith(f"{file}: ")
    assert "SHA-256" in message


def test_a_missing_file_is_named(folder: Path) -> None:
    file = folder / "unet" / "model.safetensors"
    file.unlink()
    message = refused(folder)
    assert message.startswith(f"{file}: ")
    assert "missing" in message


@pytest.mark.parametrize("name", ["unet/extra.safetensors", "pytorch_model.bin", "unet/code.py"])
def test_a_file_that_was_slipped_in_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    message = refused(folder)
    assert message.startswith(f"{folder / name}: ")
    assert "not listed" in message


def test_files_that_no_loader_reads_may_lie_there(folder: Path) -> None:
    (folder / "notes.md").write_text("mine")
    assert check_folder(folder) == folder


def test_a_missing_list_is_named(folder: Path) -> None:
    (folder / SUMS).unlink()
    assert refused(folder).startswith(f"{folder / SUMS}: ")


def test_an_empty_list_does_not_pass(folder: Path) -> None:
    (folder / SUMS).write_text("")
    assert "empty" in refused(folder)


@pytest.mark.parametrize(
    "line",
    [b"not a sum\n", b"g" * 64 + b"  a.json\n", b"0" * 64 + b"\n", b"0" * 64 + b"  \n", b"\xff\n"],
)
def test_a_bad_line_is_told_with_its_number(folder: Path, line: bytes) -> None:
    (folder / SUMS).write_bytes((folder / SUMS).read_bytes() + line)
    assert refused(folder).startswith(f"{folder / SUMS}:3: ")


def test_a_failed_check_is_not_remembered(folder: Path) -> None:
    file = folder / "model_index.json"
    file.write_text("[]")
    refused(folder)
    file.write_text("{}")
    assert check_folder(folder) == folder


def test_the_next_move_is_the_users_own_for_the_users_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "model_index.json").unlink()
    assert "reinstall" not in refused(folder)
    monkeypatch.setattr(paths, "embedded_weights", lambda: folder.parent)
    assert "reinstall sdprof" in refused(folder)


def test_the_shipped_weights_are_whole(shipped: Path) -> None:
    check_folder.cache_clear()
    assert check_folder(shipped) == shipped
    assert any(name.endswith(".safetensors") for name in read_sums(shipped))
