"""The door of the room: one HTML file from a store."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

from profiler import __version__
from profiler.errors import InputError
from profiler.records.summary import Recommendation
from profiler.report.gather import Bounds, gather
from profiler.report.view import build_view
from profiler.store.protocol import Store


def write_report(
    store: Store,
    out_path: str | Path,
    *,
    run_id: str | None = None,
    suite: str | None = None,
    device_id: str | None = None,
    recommendation: Recommendation | None = None,
    force: bool = False,
    bounds: Bounds | None = None,
) -> Path:
    """Write the report and return its path.

    Args:
        store: an open store; it is only read.
        out_path: the HTML file; missing folders are made.
        run_id: only what this run measured.
        suite: only cells measured for this suite.
        device_id: only this device; without it, a section for each device.
        recommendation: shown for its device; others get one for latency without limits.
        force: replace an existing file.
        bounds: how much detail of a large store goes onto the page.

    Raises:
        InputError: the file exists, cannot be written, or the store holds nothing to show.
        UnknownName: `device_id` has no measurements.
    """
    path = Path(out_path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file, e.g. {path / 'report.html'}")
    if path.exists() and not force:
        raise InputError(f"{path} exists and is not overwritten; add --force to replace it")
    material = gather(
        store,
        run_id=run_id,
        suite=suite,
        device_id=device_id,
        recommendation=recommendation,
        bounds=bounds,
    )
    now = datetime.now().astimezone()
    view = build_view(material, now=now, version=__version__, suite=suite, run_id=run_id)
    from profiler.report.render import render

    _replace(path, render(view))
    return path


def _replace(path: Path, text: str) -> None:
    """Write beside the target and rename: a page is there whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="xmlcharrefreplace",
            dir=path.parent,
            prefix=f".{path.name}.",
            delete=False,
        ) as file:
            temporary = Path(file.name)
            try:
                file.write(text)
            except BaseException:
                temporary.unlink()
                raise
        # Temporary files are private; a page is made to be read, as the user's umask allows.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
