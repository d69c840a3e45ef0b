"""A path or URL to a store: the one place that knows which backends there are."""

from __future__ import annotations

from pathlib import Path

from profiler import paths
from profiler.errors import StoreError
from profiler.store.protocol import Store
from profiler.store.sqlite import SqliteStore


def open_store(path_or_url: str | Path | None = None, read_only: bool = False) -> Store:
    """Open the store in a SQLite file, by default the one in the user's data folder.

    For writing, file and folder are made where they are missing, and an older store is upgraded;
    with `read_only`, nothing is made or changed. Raises `StoreError` with the next move where that
    does not work: a folder or another program's file in its place, no right, a full disk, a lock
    that is held for too long, a store from a newer sdprof.
    """
    if path_or_url is None:
        return SqliteStore(paths.default_store(), read_only)
    if isinstance(path_or_url, str) and "://" in path_or_url:
        path_or_url = _path_in(path_or_url)
    if not str(path_or_url).strip():
        raise StoreError("the store has an empty name; give the path of a file with --store")
    return SqliteStore(Path(path_or_url).expanduser(), read_only)


def _path_in(url: str) -> str:
    """The file that `sqlite:///relative` or `sqlite:////absolute` means."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"{url}: this kind of store is not known; give the path of a SQLite file, "
            "or sqlite:///path"
        )
    return rest[1:]
