"""SHA-256 sums of a folder of weights, checked before anything is loaded from it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from profiler import paths
from profiler.errors import SdprofError

SUMS = "SHA256SUMS"
# What a loader may read; a file of this kind that is not in the list was slipped in.
_READ = frozenset({".json", ".safetensors", ".txt", ".bin", ".pt", ".ckpt", ".py"})


@lru_cache(maxsize=16)
def check_folder(folder: Path) -> Path:
    """Check every file of `folder` against its SHA256SUMS, once per process; returns the folder.

    The list has the format of `sha256sum`: a hexadecimal sum, two characters, a path relative to
    the folder.

    Raises:
        SdprofError: the folder, the list or a file is missing, changed, or not in the list.
    """
    sums = read_sums(folder)
    for name, expected in sums.items():
        file = folder / name
        if not file.is_file():
            raise SdprofError(f"{file}: {SUMS} lists this file, and it is missing; {_next(file)}")
        if sha256(file) != expected:
            raise SdprofError(
                f"{file}: its SHA-256 is not the one in {SUMS}, so it was changed or damaged; "
                f"{_next(file)}"
            )
    for file in sorted(folder.rglob("*")):
        if file.suffix in _READ and file.relative_to(folder).as_posix() not in sums:
            raise SdprofError(f"{file}: this file is not listed in {folder / SUMS}; remove it")
    return folder


def read_sums(folder: Path) -> dict[str, str]:
    """Relative POSIX path to SHA-256 in lower-case hexadecimal, from the folder's SHA256SUMS.

    Raises:
        SdprofError: the list is missing, empty or has a line of another form.
    """
    path = folder / SUMS
    if not path.is_file():
        raise SdprofError(f"{path}: the list of the weights' sums is missing; {_next(folder)}")
    sums: dict[str, str] = {}
    # Bytes that are no UTF-8 make a line that is refused below, with its number.
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        total, name = line[:64].lower(), line[66:]
        if len(total) != 64 or line[64:65] != " " or not name or not _is_hexadecimal(total):
            raise SdprofError(f"{path}:{number}: not a line of sha256sum; {_next(path)}")
        sums[name] = total
    if not sums:
        raise SdprofError(f"{path}: the list is empty; {_next(path)}")
    return sums


def write_sums(folder: Path) -> Path:
    """Write SHA256SUMS over all files of the folder, in the order of their paths; for training."""
    names = sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name != SUMS
    )
    path = folder / SUMS
    path.write_text("".join(f"{sha256(folder / name)}  {name}\n" for name in names), "utf-8")
    return path


def sha256(file: Path) -> str:
    """The SHA-256 of a file's content in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _next(path: Path) -> str:
    """The next move: weights that ship can be had again, those of the user are the user's."""
    if path.is_relative_to(paths.embedded_weights()):
        return (
            "reinstall sdprof (pip install --force-reinstall sdprof), or in a checkout: "
            f"git checkout -- {path}"
        )
    return f"put the original back, or write {SUMS} anew with sha256sum if the change is meant"


def _is_hexadecimal(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
