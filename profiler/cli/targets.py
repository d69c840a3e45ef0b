"""Flags that several commands share: which store, which device, amounts with units."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from profiler import paths
from profiler.errors import InputError, UnknownName
from profiler.records.device import HardwareProfile
from profiler.store import open_store
from profiler.store.protocol import Store


def add_store(parser: argparse.ArgumentParser) -> None:
    """`--store PATH`."""
    parser.add_argument(
        "--store", metavar="PATH", help=f"SQLite file of results (default: {paths.default_store()})"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def store_path(arguments: argparse.Namespace) -> Path:
    """The asked store, or the default one."""
    return paths.default_store() if arguments.store is None else Path(arguments.store)


def existing_store(arguments: argparse.Namespace) -> Store:
    """Open the store for reading; a missing one is the user's next move, not an empty answer."""
    path = store_path(arguments)
    if not path.exists():
        raise InputError(
            f"{path}: no results are stored there yet; measure some with `sdprof demo` or "
            "`sdprof run SUITE`, or name another file with --store"
        )
    return open_store(path, read_only=True)


def device_id(name: str | None, store: Store) -> str:
    """The device that is meant: a profile's name, an id with results, or "local" (default)."""
    stored = store.devices()
    if name is not None and name in stored:
        return name
    # Profiles are read only where the store's own ids do not answer: start-up is guarded.
    if name is None or name == "local":
        local = profile("local").id
        # A store that was copied here from one other machine speaks of that machine.
        return stored[0] if name is None and local not in stored and len(stored) == 1 else local
    return profile(name).id


def profile(name: str | None) -> HardwareProfile:
    """A device by its profile's name; nothing, `local`, `cpu` and `cuda:N` are of this machine."""
    if name is None or is_local(name):
        from profiler.devices.detect import local_device

        return local_device(torch_device(name or "local")).profile
    from profiler.devices.lookup import find

    return find(name)


def is_local(name: str) -> bool:
    """Does this name stand for a device of this machine, whichever it has?"""
    return re.fullmatch(r"auto|local|cpu|cuda(:\d+)?", name) is not None


def run_id(name: str, store: Store) -> str:
    """A run by its id or, for the newest of that name, by its name."""
    runs = store.runs()
    for run in reversed(runs):
        if name and name in {run.run_id, run.name}:
            return run.run_id
    words = [word for run in runs for word in (run.run_id, run.name) if word]
    raise UnknownName("run", name, words)


def torch_device(name: str) -> str:
    """`local` is what `auto` finds; other names go on as they are."""
    return "auto" if name == "local" else name


def amount(flag: str, text: str | None, parser: str) -> float | None:
    """The number behind a flag such as `2.5s` or `3GiB`, by a parser of `suite.units`."""
    if text is None:
        return None
    from profiler.suite import units  # its patterns cost more than a recommendation without limits

    parse: Callable[[object], float] = getattr(units, parser)
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{flag} {text}: {error}") from error
