"""What the page needs from the store: summaries of all cells, details of the most interesting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from profiler.analysis.claims.gathering import needs_measurement
from profiler.errors import InputError, StoreError, UnknownName
from profiler.records.environment import Environment
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.summary import Limits, Recommendation, Summary
from profiler.store.protocol import Store


@dataclass(frozen=True)
class Bounds:
    """How much of a large store goes onto the page, so that a browser can still open it."""

    detail_cells: int = 40
    image_bytes: int = 4_500_000
    row_bytes: int = 1_600
    least_image_bytes: int = 1_000_000

    def images(self, rows: int) -> int:
        """Bytes of PNGs for a page with so many table rows: long tables leave less room."""
        return max(self.least_image_bytes, self.image_bytes - rows * self.row_bytes)


@dataclass(frozen=True)
class DeviceRows:
    """One device: its summaries in the order of the page, and measurements by cell_id."""

    device_id: str
    summaries: tuple[Summary, ...]
    details: Mapping[str, Measurement] = field(default_factory=dict)
    recommendation: Recommendation | None = None
    runs: tuple[RunInfo, ...] = ()

    @property
    def name(self) -> str:
        """The device's full name where a measurement or run tells it."""
        return next((env.device_name for env in self.environments()), self.device_id)

    def environments(self) -> tuple[Environment, ...]:
        """The different environments, newest first."""
        newest = [run.environment for run in sorted(self.runs, key=_start, reverse=True)]
        newest += [one.environment for one in self.details.values()]
        return tuple({env.environment_id: env for env in reversed(newest)}.values())[::-1]

    def baseline(self) -> Summary | None:
        """The cell that the others name as their baseline, by its id or its measurement's."""
        if self.recommendation is not None and self.recommendation.baseline is not None:
            return self.recommendation.baseline
        named = {summary.baseline_id for summary in self.summaries} - {""}
        return next((s for s in self.summaries if named & {s.cell_id, *s.measurement_ids}), None)


@dataclass(frozen=True)
class Material:
    """Everything that goes into one page; `images` are PNGs by SHA-256."""

    devices: tuple[DeviceRows, ...]
    images: Mapping[str, bytes] = field(default_factory=dict)
    images_left_out: int = 0
    images_lost: int = 0


def gather(
    store: Store,
    *,
    run_id: str | None = None,
    suite: str | None = None,
    device_id: str | None = None,
    recommendation: Recommendation | None = None,
    bounds: Bounds | None = None,
) -> Material:
    """Read the store. Raises InputError where it holds nothing that was asked for."""
    bounds = bounds or Bounds()
    summaries = _summaries(store, run_id, suite)
    by_device: dict[str, list[Summary]] = {}
    for summary in summaries:
        by_device.setdefault(summary.device_id, []).append(summary)
    if device_id is not None:
        by_device = {device_id: _of_device(by_device, device_id, recommendation)}
    if not by_device:
        raise InputError(_nothing(run_id, suite))
    detail_cells = max(4, bounds.detail_cells // len(by_device))
    runs = [run for run in store.runs() if run_id in (None, run.run_id)]
    runs = [run for run in runs if suite in (None, run.suite)]
    devices = tuple(
        _device(store, name, rows, given=recommendation, runs=runs, detail_cells=detail_cells)
        for name, rows in sorted(by_device.items())
    )
    return _with_images(store, devices, bounds)


def _summaries(store: Store, run_id: str | None, suite: str | None) -> list[Summary]:
    if run_id is None:
        return list(store.summaries(suite=suite))
    # Oldest first: a cell that the run measured twice keeps its newer row.
    found = {
        (summary.cell_id, summary.device_id): summary
        for summary in store.history(run_id=run_id, suite=suite)
    }
    return list(found.values())


def _of_device(
    by_device: Mapping[str, list[Summary]], device_id: str, recommendation: Recommendation | None
) -> list[Summary]:
    if device_id in by_device:
        return by_device[device_id]
    if recommendation is not None and recommendation.device_id == device_id:
        candidates = (*recommendation.accepted, *recommendation.rejected)
        return [candidate.summary for candidate in candidates]
    raise UnknownName("device", device_id, by_device, where="store")


def _nothing(run_id: str | None, suite: str | None) -> str:
    asked = [f"run {run_id!r}"] if run_id else []
    asked += [f"suite {suite!r}"] if suite else []
    what = " of " + " and ".join(asked) if asked else ""
    return f"the store holds no measurements{what}; measure first with: sdprof run SUITE"


def _device(
    store: Store,
    device_id: str,
    rows: list[Summary],
    *,
    given: Recommendation | None,
    runs: Sequence[RunInfo],
    detail_cells: int,
) -> DeviceRows:
    if given is not None and given.device_id == device_id:
        recommendation = given
    else:
        from profiler.analysis.recommend import recommend

        recommendation = recommend(rows, device_id, "latency", Limits())
    ordered = _ordered(rows, recommendation)
    bare = DeviceRows(device_id, tuple(ordered), recommendation=recommendation)
    baseline = bare.baseline()
    chosen = [baseline] if baseline is not None and baseline.measurement_ids else []
    others = [row for row in ordered if row.measurement_ids and row is not baseline]
    # What the claims are judged by comes first: their section needs more than summaries.
    chosen += sorted(others, key=lambda row: not (row.suite == "claims" and needs_measurement(row)))
    details = {
        row.cell_id: store.measurement(row.measurement_ids[-1]) for row in chosen[:detail_cells]
    }
    own_runs = tuple(run for run in runs if run.device_id == device_id)
    return DeviceRows(device_id, bare.summaries, details, recommendation, own_runs)


def _ordered(rows: list[Summary], recommendation: Recommendation) -> list[Summary]:
    """Accepted by rank, then the others by latency, failures last."""
    rank = {c.summary.cell_id: c.rank for c in recommendation.accepted}

    def place(row: Summary) -> tuple[float, bool, float, str]:
        latency = row.figures.get("latency_s_per_image")
        seconds = latency.value if latency is not None and latency.value is not None else 1e300
        place_of = rank.get(row.cell_id, 1_000_000)
        return (place_of, row.outcome is not Outcome.OK, seconds, row.cell_id)

    return sorted(rows, key=place)


def _with_images(store: Store, devices: tuple[DeviceRows, ...], bounds: Bounds) -> Material:
    left = bounds.images(sum(len(device.summaries) for device in devices))
    images: dict[str, bytes] = {}
    left_out = lost = 0
    wanted = (
        sha
        for device in devices
        for measurement in device.details.values()
        for sha in measurement.images.values()
    )
    for sha in dict.fromkeys(wanted):
        try:
            png = store.image(sha)
        except (StoreError, KeyError):
            lost += 1
            continue
        if len(png) > left:
            left_out += 1
            continue
        left -= len(png)
        images[sha] = png
    return Material(devices, images, left_out, lost)


def _start(run: RunInfo) -> str:
    return run.started_at
