"""A measurement to its summary, and the order that decides which of several counts."""

from __future__ import annotations

from datetime import UTC, datetime

from profiler.errors import StoreError
from profiler.records.measurement import Measurement, Outcome
from profiler.records.summary import Summary
from profiler.stats.figures import figures_of

# These say something of the configuration; the others may be an accident of one night.
DECISIVE = frozenset(
    {
        Outcome.OK,
        Outcome.OUT_OF_MEMORY,
        Outcome.UNSUPPORTED,
        Outcome.INVALID_OUTPUT,
        Outcome.NO_EFFECT,
    }
)


def summary_of(measurement: Measurement) -> Summary:
    """The figures of one measurement, with the cell and its circumstances."""
    return Summary(
        cell=measurement.cell,
        device_id=measurement.device_id,
        environment_id=measurement.environment.environment_id,
        outcome=measurement.outcome,
        figures=figures_of(measurement),
        quality=measurement.quality,
        failure=measurement.failure,
        validity=measurement.validity,
        measurement_ids=(measurement.measurement_id,),
        started_at=measurement.started_at,
        suite=measurement.suite,
        baseline_id=measurement.baseline_id,
    )


def instant_s(started_at: str, whose: str) -> float:
    """ISO 8601 text as seconds since 1970; without an offset it is UTC.

    Text would not do as a key: "...Z" and "...+00:00" are one instant. Raises `StoreError` for
    text that is no time, with `whose` in the message.
    """
    try:
        moment = datetime.fromisoformat(started_at)
    except ValueError as error:
        raise StoreError(
            f"{whose}: started_at is {started_at!r}, which is not an ISO 8601 time; "
            "write it like 2026-11-23T02:00:00+00:00"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
