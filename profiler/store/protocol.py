"""What every store promises; the docstrings are the contract that tests/store holds backends to."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.summary import Summary


class Store(Protocol):
    """A place that keeps measurements, runs and images.

    Every method raises `StoreError` where the store cannot be read or written; its message says
    what, where and the next move. What a writing method has returned from is safe: it survives the
    end of this process by any signal, and other processes see it. Several processes may write to
    one store at once. A store object is used by the thread that opened it, and is not carried over
    a fork.

    "Newest" always goes by `started_at` as an instant (ISO 8601; without an offset it is UTC),
    then by the order of adding.
    """

    @property
    def location(self) -> str:
        """Where the store lies, for messages."""
        ...

    @property
    def read_only(self) -> bool:
        """Does every writing method raise `StoreError`?"""
        ...

    def add(self, measurement: Measurement) -> bool:
        """Keep a measurement, with its cell and environment, whole or not at all.

        Idempotent: where its `measurement_id` is there already, nothing changes and False is
        returned. Images are added first, by `add_image`; the run need not be known.
        """
        ...

    def add_many(self, measurements: Iterable[Measurement]) -> int:
        """Keep many, quicker than one by one; how many of them were new.

        They are kept in batches, each whole or not at all. After a failure the same call can be
        made again.
        """
        ...

    def add_image(self, png: bytes) -> str:
        """Keep a PNG, once however often it is added; its SHA-256 in hex."""
        ...

    def image(self, sha256: str) -> bytes:
        """The PNG with this sum, byte for byte; `StoreError` where there is none."""
        ...

    def add_run(self, run: RunInfo) -> bool:
        """Keep a run; False, and nothing changes, where its `run_id` is there already."""
        ...

    def update_run(self, run: RunInfo) -> None:
        """Replace the run that has this `run_id`; `StoreError` where there is none."""
        ...

    def runs(self) -> list[RunInfo]:
        """All runs, oldest first."""
        ...

    def measurement(self, measurement_id: str) -> Measurement:
        """One measurement, equal to what was added; `UnknownName` where there is none."""
        ...

    def measurements(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Measurement]:
        """Whole measurements that meet all given conditions, oldest first.

        Each carries its raw latencies and traces (tens of kilobytes): narrow the question, or ask
        for `history`, which reads figures only.
        """
        ...

    def latest(
        self, cell_id: str, device_id: str, environment_id: str | None = None
    ) -> Measurement | None:
        """The measurement of this cell on this device that counts, by the rule of `summaries`."""
        ...

    def finished(self, device_id: str, environment_id: str) -> dict[str, Outcome]:
        """Cell id to the outcome of its newest measurement on this device in this environment."""
        ...

    def summaries(self, device_id: str | None = None, suite: str | None = None) -> list[Summary]:
        """One summary per cell and device: of the measurement that counts.

        The newest counts. But a crash, a time-out or an error may be an accident of one night, and
        does not hide an older measurement that told something of the configuration itself: that it
        works, does not fit into memory, is not supported, or makes invalid images. With `suite`,
        only measurements made for that suite are looked at.

        Sorted by device, then by the order in which the cells first came into the store. The time
        grows with the number of cells, hardly with the number of nights.
        """
        ...

    def history(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Summary]:
        """A summary of each measurement that meets all given conditions, oldest first."""
        ...

    def devices(self) -> list[str]:
        """The ids of all devices with measurements, sorted."""
        ...

    def close(self) -> None:
        """Release the store; twice does no harm."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
