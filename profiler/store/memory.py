"""The store in this process, for tests and trials; the contract is in `protocol`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from profiler.errors import StoreError, UnknownName
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.summary import Summary
from profiler.store.condense import DECISIVE, instant_s, summary_of


class MemoryStore:
    """Nothing of it outlives the object; nothing is shared with other processes."""

    def __init__(self) -> None:
        self._measurements: dict[str, Measurement] = {}
        self._runs: dict[str, RunInfo] = {}
        self._images: dict[str, bytes] = {}

    @property
    def location(self) -> str:
        """A name for messages."""
        return "the store in memory"

    @property
    def read_only(self) -> bool:
        """Never."""
        return False

    def add(self, measurement: Measurement) -> bool:
        """Keep a measurement; False where its id is there already."""
        _instant(measurement)
        if measurement.measurement_id in self._measurements:
            return False
        self._measurements[measurement.measurement_id] = measurement
        return True

    def add_many(self, measurements: Iterable[Measurement]) -> int:
        """Keep many; how many were new."""
        return sum(self.add(measurement) for measurement in measurements)

    def add_image(self, png: bytes) -> str:
        """Keep a PNG once; its SHA-256."""
        sha256 = hashlib.sha256(png).hexdigest()
        self._images[sha256] = png
        return sha256

    def image(self, sha256: str) -> bytes:
        """The PNG with this sum."""
        if sha256 not in self._images:
            raise StoreError(f"{self.location}: there is no image with the sum {sha256!r}")
        return self._images[sha256]

    def add_run(self, run: RunInfo) -> bool:
        """Keep a run; False where its id is there already."""
        instant_s(run.started_at, f"the run {run.run_id!r}")
        if run.run_id in self._runs:
            return False
        self._runs[run.run_id] = run
        return True

    def update_run(self, run: RunInfo) -> None:
        """Replace the run that has this id."""
        instant_s(run.started_at, f"the run {run.run_id!r}")
        if run.run_id not in self._runs:
            raise StoreError(
                f"{self.location}: there is no run {run.run_id!r} to update; add it first"
            )
        self._runs[run.run_id] = run

    def runs(self) -> list[RunInfo]:
        """All runs, oldest first."""
        return sorted(self._runs.values(), key=lambda run: instant_s(run.started_at, run.run_id))

    def measurement(self, measurement_id: str) -> Measurement:
        """One measurement by id."""
        if measurement_id not in self._measurements:
            raise UnknownName("measurement", measurement_id, self._measurements)
        return self._measurements[measurement_id]

    def measurements(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Measurement]:
        """Whole measurements that meet all conditions, oldest first."""
        found = (
            m
            for m in self._measurements.values()
            if cell_id in {None, m.cell.cell_id}
            and device_id in {None, m.device_id}
            and run_id in {None, m.run_id}
            and suite in {None, m.suite}
        )
        return sorted(found, key=_instant)

    def latest(
        self, cell_id: str, device_id: str, environment_id: str | None = None
    ) -> Measurement | None:
        """The measurement that counts for this cell on this device."""
        found = self.measurements(cell_id=cell_id, device_id=device_id)
        return _that_counts(
            m for m in found if environment_id in {None, m.environment.environment_id}
        )

    def finished(self, device_id: str, environment_id: str) -> dict[str, Outcome]:
        """Cell id to the outcome of its newest measurement here."""
        return {
            m.cell.cell_id: m.outcome
            for m in self.measurements(device_id=device_id)
            if m.environment.environment_id == environment_id
        }

    def summaries(self, device_id: str | None = None, suite: str | None = None) -> list[Summary]:
        """One summary per cell and device, of the measurement that counts."""
        arrival: dict[str, int] = {}
        for m in self._measurements.values():
            arrival.setdefault(m.cell.cell_id, len(arrival))
        groups: dict[tuple[str, int], list[Measurement]] = {}
        for m in self.measurements(device_id=device_id, suite=suite):
            groups.setdefault((m.device_id, arrival[m.cell.cell_id]), []).append(m)
        winners = (_that_counts(group) for _, group in sorted(groups.items()))
        return [summary_of(winner) for winner in winners if winner]

    def history(
        self,
        *,
        cell_id: str | None = None,
        device_id: str | None = None,
        run_id: str | None = None,
        suite: str | None = None,
    ) -> list[Summary]:
        """A summary of each measurement that meets all conditions, oldest first."""
        found = self.measurements(cell_id=cell_id, device_id=device_id, run_id=run_id, suite=suite)
        return [summary_of(measurement) for measurement in found]

    def devices(self) -> list[str]:
        """Ids of all devices with measurements, sorted."""
        return sorted({m.device_id for m in self._measurements.values()})

    def close(self) -> None:
        """Nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _instant(measurement: Measurement) -> float:
    return instant_s(measurement.started_at, f"the measurement {measurement.measurement_id!r}")


def _that_counts(oldest_first: Iterable[Measurement]) -> Measurement | None:
    """Sorting is stable: among equals the one added last is the newest."""
    order = sorted(oldest_first, key=lambda m: m.outcome in DECISIVE)
    return order[-1] if order else None
