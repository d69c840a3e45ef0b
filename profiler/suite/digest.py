"""What lies at a path of weights, as a short hash, so that a changed model is measured again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from profiler.pipelines.checked import SUMS

_LENGTH = 16


def digest_of(weights: str) -> str:
    """First 16 hex digits of a hash over the folder or file; empty where there is none.

    A folder with SHA256SUMS is what its list says. Otherwise names, sizes and times of change
    stand for the content: gigabytes are not read to plan a suite.
    """
    path = Path(weights)
    if not path.exists():
        return ""
    sums = path / SUMS
    if sums.is_file():
        return hashlib.sha256(sums.read_bytes()).hexdigest()[:_LENGTH]
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    told = hashlib.sha256()
    for file in files:
        state = file.stat()
        name = file.relative_to(path).as_posix() if file != path else file.name
        told.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return told.hexdigest()[:_LENGTH]
