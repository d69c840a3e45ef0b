"""Which cells of a suite will run, which not and why, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from profiler.orchestrate.estimate import estimate_s, total_s
from profiler.records.cell import Cell
from profiler.records.device import HardwareProfile
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity, unavailable
from profiler.records.suite import SuiteSpec
from profiler.records.summary import Summary
from profiler.suite.feasibility import why_not
from profiler.suite.select import matches

RUN, STORED, IMPOSSIBLE, FILTERED = "run", "stored", "impossible", "filtered"

# These may be accidents, and what a worker found unsupported (no network to the hub, no compiler)
# can have come since; everything else would come out the same again.
TRIED_AGAIN = (Outcome.CRASH, Outcome.TIMEOUT, Outcome.ERROR, Outcome.UNSUPPORTED)


@dataclass(frozen=True)
class PlanRow:
    """One cell; `state` is "run", "stored", "impossible" or "filtered", `reason` is in words.

    `estimate_s` is unavailable for cells that do not run.
    """

    cell: Cell
    state: str
    reason: str
    estimate_s: Quantity


@dataclass(frozen=True)
class Plan:
    """The cells of a suite in the order of running, the baselines first."""

    rows: tuple[PlanRow, ...]

    def to_run(self) -> tuple[PlanRow, ...]:
        """The rows that will run."""
        return self.of(RUN)

    def of(self, state: str) -> tuple[PlanRow, ...]:
        """The rows of a state."""
        return tuple(row for row in self.rows if row.state == state)

    @property
    def estimate_s(self) -> Quantity:
        """Seconds for everything that will run."""
        return total_s([row.estimate_s for row in self.to_run()])


def make_plan(
    spec: SuiteSpec,
    device: HardwareProfile,
    finished: Mapping[str, Outcome],
    fresh: bool,
    only: str | None = None,
    *,
    packages: Callable[[str], bool] | None = None,
    summaries: Iterable[Summary] = (),
) -> Plan:
    """Decide over every cell of the suite.

    Args:
        spec: The suite.
        device: Where the cells would run.
        finished: Newest outcome by cell id, on this device in this environment.
        fresh: Measure again what is stored.
        only: An expression that selects cells; the others are "filtered".
        packages: Is a package (import name) installed? None asks this interpreter.
        summaries: What is stored, for the estimates.

    Raises:
        InputError: `only` cannot be understood.
    """
    selected = None if only is None else matches(only)
    known = tuple(summaries)

    def row(cell: Cell) -> PlanRow:
        state, reason = RUN, ""
        if selected and not selected(cell):
            state, reason = FILTERED, f"left out by --only {only!r}"
        elif impossible := why_not(cell, device, packages):
            state, reason = IMPOSSIBLE, impossible
        elif (outcome := finished.get(cell.cell_id)) and not fresh:
            words = outcome.value.replace("_", " ")
            if outcome in TRIED_AGAIN:
                reason = f"the last attempt ended with {words}"
            else:
                state, reason = STORED, f"measured already: {words}"
        if state == RUN:
            estimate = estimate_s(cell, known, device.id, spec.measure, spec.quality)
        else:
            estimate = unavailable("s", "does not run")
        return PlanRow(cell, state, reason, estimate)

    return Plan(tuple(row(cell) for cell in _baseline_first(spec)))


def _baseline_first(spec: SuiteSpec) -> list[Cell]:
    first = {cell.cell_id: cell for cell in spec.all_baselines}
    return [*first.values(), *(cell for cell in spec.cells if cell.cell_id not in first)]
