"""Runs a suite: cell after cell in workers of its own, each stored as soon as it ended."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from profiler.errors import StoreError
from profiler.orchestrate import spool
from profiler.orchestrate.assemble import Heading, assemble, impossible
from profiler.orchestrate.environment import at_start
from profiler.orchestrate.interrupt import uninterrupted
from profiler.orchestrate.launcher import Launcher, isolation_here, make_launcher, require_libraries
from profiler.orchestrate.listener import Listener, Silent
from profiler.orchestrate.overhead import RunClock
from profiler.orchestrate.plan import IMPOSSIBLE, RUN, PlanRow
from profiler.orchestrate.prepare import RunOptions, prepare, threads_for
from profiler.orchestrate.references import ReferencesByModel, kept_pngs, without_paired
from profiler.orchestrate.watch import watch
from profiler.records.cell import Cell
from profiler.records.job import Job
from profiler.records.measurement import Measurement, Outcome, RunInfo
from profiler.records.suite import SuiteSpec
from profiler.store.protocol import Store

__all__ = ["Bench", "RunOptions", "prepare", "run_suite"]

Result = TypeVar("Result")

INTERRUPTED, FINISHED, BUDGET = "interrupted", "finished", "budget"


def run_suite(
    spec: SuiteSpec,
    store: Store,
    options: RunOptions,
    listener: Listener | None = None,
    launcher: Launcher | None = None,
) -> RunInfo:
    """Measure the suite's cells on this machine; the run with its state and its own cost.

    A cell that fails is stored like any other, and the next one follows. Ctrl-C kills the running
    cell and returns with the state "interrupted"; the same call later goes on where it stopped.
    A `launcher` that is given is left open, so that several runs can share its server.

    Raises:
        InputError: an option cannot be understood.
        MissingExtra: the libraries for measuring are not installed.
        StoreError: the store refused a result; the message says what is safe.
        SdprofError: no worker could be started at all.
    """
    return Bench(spec, store, options, listener or Silent(), launcher).run()


class Bench:
    """One run of one suite."""

    def __init__(
        self,
        spec: SuiteSpec,
        store: Store,
        options: RunOptions,
        listener: Listener,
        launcher: Launcher | None = None,
    ) -> None:
        self._launcher = launcher
        self._spec, self._store = spec, store
        self._options, self._listener = options, listener
        self._clock = RunClock()
        self._stored = 0
        if recovered := spool.pick_up(store):
            listener.note(f"stored {recovered} measurement(s) that an earlier run had to spool")
        self._device, self._environment, self._plan = prepare(spec, store, options)
        self._threads = threads_for(spec)
        self._run = RunInfo(
            run_id=_new_id(),
            name=options.run_name,
            suite=spec.name,
            device_id=self._environment.device_id,
            environment=self._environment,
            started_at=_now(),
        )

    def run(self) -> RunInfo:
        """From the plan to the finished run."""
        # Without them every cell is "impossible", which says nothing of this device.
        if self._plan.to_run() or self._plan.of(IMPOSSIBLE):
            require_libraries()
        with (
            tempfile.TemporaryDirectory(prefix="sdprof-", ignore_cleanup_errors=True) as folder,
            self._workers(Path(folder)) as launcher,
        ):
            before_s = launcher.start_up_s
            self._timed(lambda: self._store.add_run(self._run))
            self._listener.run_started(self._run, self._plan)
            try:
                state = self._cells(launcher, Path(folder))
            except KeyboardInterrupt:
                state = INTERRUPTED
                self._listener.note("interrupted: everything that was finished is stored")
            except BaseException:
                # The error itself is what the user has to read, also if the store fails again.
                with contextlib.suppress(StoreError):
                    self._close_run(INTERRUPTED, launcher.start_up_s - before_s)
                raise
            self._close_run(state, launcher.start_up_s - before_s)
        self._listener.run_finished(self._run)
        return self._run

    @contextmanager
    def _workers(self, scratch: Path) -> Iterator[Launcher]:
        """The launcher that was given, or one of this run that is closed with it."""
        if self._launcher is not None:
            yield self._launcher
            return
        isolation = isolation_here(self._options.isolation)
        launcher = make_launcher(isolation, self._threads, scratch)
        try:
            yield launcher
        finally:
            launcher.close()

    def _cells(self, launcher: Launcher, scratch: Path) -> str:
        """All rows of the plan; the state in which the run ended."""
        references = ReferencesByModel(self._spec, scratch / "baselines")
        self._store_impossible()
        self._recall_baselines(references)
        rows = self._plan.to_run()
        for number, row in enumerate(rows, start=1):
            budget = self._options.time_budget_s
            if budget is not None and self._clock.elapsed_s >= budget:
                left = len(rows) - number + 1
                self._listener.note(f"the time budget is used up: {left} cell(s) were not started")
                return BUDGET
            self._listener.cell_started(row.cell, number, len(rows))
            folder = scratch / f"cell-{number:04d}"
            folder.mkdir()
            measurement = self._measure(launcher, row, folder, references)
            shutil.rmtree(folder, ignore_errors=True)
            self._listener.cell_finished(row.cell, measurement)
        return FINISHED

    def _measure(
        self, launcher: Launcher, row: PlanRow, folder: Path, references: ReferencesByModel
    ) -> Measurement:
        """Run one cell and store what came of it."""
        cell, spec = row.cell, self._spec
        reference = references.of(cell)
        paths, reason = reference.paths_for(cell)
        quality, missing = without_paired(spec.quality, reason)
        job = Job(
            job_id=_new_id(),
            cell=cell,
            measure=replace(spec.measure, threads=self._threads),
            quality=quality,
            device=self._device.torch_device,
            scratch=str(folder),
            reference_images=paths,
            fault=self._options.faults.get(cell.cell_id, ""),
            allow_pickle=self._options.allow_pickle,
        )
        heading = self._heading(cell)
        watched = watch(
            launcher,
            job,
            folder / "worker.log",
            lambda phase: self._listener.phase(cell, phase),
        )
        with uninterrupted():
            measurement = assemble(heading, watched, job.device, missing)
            keep = quality.images if reference.is_baseline(cell) else quality.keep_images
            measurement = self._keep(measurement, kept_pngs(watched.events.saved, keep))
            self._clock.add(measurement)
            if reference.is_baseline(cell):
                reference.take(measurement, self._store)
        return measurement

    def _keep(self, measurement: Measurement, pngs: Mapping[str, bytes]) -> Measurement:
        """Store a measurement with its images; where the store refuses, spool it and give up."""

        def write() -> Measurement:
            sums = {index: self._store.add_image(png) for index, png in pngs.items()}
            complete = replace(measurement, images=sums)
            self._store.add(complete)
            return complete

        try:
            complete = self._timed(write)
        except StoreError as error:
            kept = spool.spool(measurement, pngs, self._store.location)
            raise spool.refused(error, kept, self._stored) from error
        self._stored += 1
        return complete

    def _store_impossible(self) -> None:
        """Store cells that cannot run, unless that is known from an earlier run."""
        environment = self._environment
        known = self._store.finished(environment.device_id, environment.environment_id)
        for row in self._plan.of(IMPOSSIBLE):
            if known.get(row.cell.cell_id) is not Outcome.UNSUPPORTED or self._options.fresh:
                self._keep(impossible(self._heading(row.cell), row.reason), {})

    def _recall_baselines(self, references: ReferencesByModel) -> None:
        """Where a baseline does not run now, take its images from the store if they are there."""
        runs_now = {row.cell.cell_id for row in self._plan.of(RUN)}
        for baseline in self._spec.all_baselines:
            if baseline.cell_id in runs_now:
                continue
            stored = self._store.latest(
                baseline.cell_id, self._environment.device_id, self._environment.environment_id
            )
            if stored is not None:
                references.of(baseline).take(stored, self._store)

    def _heading(self, cell: Cell) -> Heading:
        baseline = self._spec.baseline_for(cell)
        return Heading(
            measurement_id=f"{_new_id()}-{cell.cell_id}",
            run_id=self._run.run_id,
            suite=self._spec.name,
            cell=cell,
            environment=at_start(self._environment),
            started_at=_now(),
            baseline_id=baseline.cell_id if baseline else "",
        )

    def _close_run(self, state: str, server_start_s: float) -> None:
        """Store the run's state and cost."""
        overhead = self._clock.figures(server_start_s)
        self._run = replace(self._run, state=state, ended_at=_now(), overhead=overhead)
        self._store.update_run(self._run)

    def _timed(self, write: Callable[[], Result]) -> Result:
        began = time.perf_counter()
        try:
            return write()
        finally:
            self._clock.store_s += time.perf_counter() - began


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _new_id() -> str:
    """Sorts by time; the random part keeps two benches apart."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
