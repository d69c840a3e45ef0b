"""The door of the room: one HTML file from a store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from profiler import __version__
from profiler.errors import InputError
from profiler.records.summary import Recommendation
from profiler.report.gather import Bounds, gather
from profiler.report.view import build_view
from profiler.store.export import write_whole
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
    refuse_target(path, force=force)
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

    replace_page(path, render(view))
    return path


def refuse_target(path: Path, *, force: bool) -> None:
    """`InputError` where a page cannot be written to this path as far as one can tell before."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file, e.g. {path / 'report.html'}")
        if path.exists() and not force:
            raise InputError(f"{path} exists and is not overwritten; add --force to replace it")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def replace_page(path: Path, text: str) -> None:
    """A page is there whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8", "xmlcharrefreplace"))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
