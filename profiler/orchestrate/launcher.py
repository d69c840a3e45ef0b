"""The seam to worker processes, and which kind of them this machine gets."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Protocol

from profiler.errors import InputError, MissingExtra, SdprofError
from profiler.records.job import Job

ISOLATIONS = ("auto", "fork", "fresh")

# By name, so that the bench never imports torch; -P keeps the working folder out of the search.
WORKER_COMMAND = (sys.executable, "-P", "-m", "profiler.worker")


class WorkerLostError(SdprofError):
    """The process that looks after the workers is gone, and how the worker ended is not known."""


class WorkerProcess(Protocol):
    """One worker that measures one job."""

    @property
    def pid(self) -> int:
        """Process id, for the telemetry beside it."""
        ...

    @property
    def events(self) -> int:
        """File descriptor to read event lines from; whoever reads it closes it."""
        ...

    def kill(self) -> None:
        """End the process and what it started, at once; harmless if it has ended."""
        ...

    def wait(self, timeout_s: float) -> int | None:
        """Exit status, minus the signal's number if one ended it; None while it still runs.

        Raises:
            WorkerLostError: nobody is left who could tell.
        """
        ...


class Launcher(Protocol):
    """Starts workers. Nothing runs before the first `start`."""

    @property
    def name(self) -> str:
        """The kind of isolation, "fork" or "fresh"."""
        ...

    @property
    def start_up_s(self) -> float:
        """Seconds spent so far on starting what workers come from."""
        ...

    def start(self, job: Job, log: Path) -> WorkerProcess:
        """Start a worker on the job; its stdout and stderr are appended to `log`."""
        ...

    def close(self) -> None:
        """End everything that was started; twice does no harm."""
        ...


def isolation_here(asked: str = "auto") -> str:
    """The kind of isolation for this machine, "fork" or "fresh".

    "auto" is fork where that is safe: macOS has fork, but its frameworks do not survive it (CPython
    gave up forking there by default in 3.8).

    Raises:
        InputError: an unknown kind, or fork where there is none.
    """
    if asked not in ISOLATIONS:
        raise InputError(f"isolation {asked!r} is not one of {', '.join(ISOLATIONS)}")
    if asked == "auto":
        return "fork" if hasattr(os, "fork") and sys.platform != "darwin" else "fresh"
    if asked == "fork" and not hasattr(os, "fork"):
        raise InputError(f"isolation 'fork' does not exist on {sys.platform}; use 'fresh'")
    return asked


def require_libraries() -> None:
    """Look for the libraries that measuring needs, without importing them.

    Raises:
        MissingExtra: one of them is not installed.
    """
    for package in ("torch", "diffusers", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, "run")


def make_launcher(isolation: str, threads: int, scratch: Path) -> Launcher:
    """A launcher of a kind of `isolation_here`; its workers compute with `threads` threads."""
    if isolation == "fork":
        from profiler.orchestrate.fork import ForkLauncher

        return ForkLauncher(threads, scratch)
    from profiler.orchestrate.fresh import FreshLauncher

    return FreshLauncher(threads)


def log_tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, "" where there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
