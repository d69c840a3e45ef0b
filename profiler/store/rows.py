"""Records to database rows and back; a round trip gives an equal record.

A measurement is split in three: its cell and environment, which many share and which are kept once;
a light part (figures, quality, failure) that summaries read; and the raw document, compressed.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from profiler.records.cell import Cell
from profiler.records.codec import from_json, to_json
from profiler.records.environment import Environment
from profiler.records.measurement import Failure, Measurement, Outcome, RunInfo
from profiler.records.quantity import Evidence, Quantity
from profiler.records.summary import Summary
from profiler.store.condense import DECISIVE, instant_s, summary_of


class Row(Protocol):
    """A row that answers by column name."""

    def __getitem__(self, key: str, /) -> Any: ...


# These vary within one environment (one environment_id) and are kept with each measurement.
_MOMENT = ("host_load", "free_memory_bytes")
_APART = ("cell", "environment")
_EVIDENCE = {evidence.value: evidence for evidence in Evidence}
# Level 6 takes milliseconds for a cell that took seconds, and halves what level 1 leaves.
_COMPRESSION_LEVEL = 6


class MeasurementRow(NamedTuple):
    """What the table `measurement` holds, in the order of its columns, without `seq`."""

    measurement_id: str
    run_id: str
    suite: str
    cell_id: str
    device_id: str
    environment_id: str
    started_at: str
    started_s: float
    outcome: str
    decisive: int
    light: str


class RunRow(NamedTuple):
    """What the table `run` holds, in the order of its columns, without `seq`."""

    run_id: str
    name: str
    suite: str
    device_id: str
    environment_id: str
    moment: str
    started_at: str
    started_s: float
    state: str
    ended_at: str
    overhead: str


def measurement_row(measurement: Measurement) -> MeasurementRow:
    """The columns that are searched and condensed; figures are computed here."""
    return MeasurementRow(
        measurement_id=measurement.measurement_id,
        run_id=measurement.run_id,
        suite=measurement.suite,
        cell_id=measurement.cell.cell_id,
        device_id=measurement.device_id,
        environment_id=measurement.environment.environment_id,
        started_at=measurement.started_at,
        started_s=instant_s(
            measurement.started_at, f"the measurement {measurement.measurement_id!r}"
        ),
        outcome=measurement.outcome.value,
        decisive=int(measurement.outcome in DECISIVE),
        light=_light(summary_of(measurement)),
    )


def document(measurement: Measurement) -> bytes:
    """Everything but cell and environment, as compressed JSON."""
    names = (field.name for field in dataclasses.fields(measurement))
    content = {name: to_json(getattr(measurement, name)) for name in names if name not in _APART}
    return zlib.compress(_dumps(content).encode("ascii"), _COMPRESSION_LEVEL)


def read_measurement(row: Row) -> Measurement:
    """From the columns `body`, `cell_id`, `cell`, `environment_id`, `environment`, `moment`."""
    content = json.loads(zlib.decompress(row["body"]))
    content["cell"] = json.loads(row["cell"])
    content["environment"] = _whole_environment(row)
    measurement = from_json(Measurement, content)
    _keep_id(measurement.cell, "cell_id", row["cell_id"])
    _keep_id(measurement.environment, "environment_id", row["environment_id"])
    return measurement


def cell_content(cell: Cell) -> str:
    """A cell as JSON text."""
    return _dumps(to_json(cell))


def read_cell(content: str, cell_id: str) -> Cell:
    """A cell under the id that it was stored with."""
    cell = from_json(Cell, json.loads(content))
    _keep_id(cell, "cell_id", cell_id)
    return cell


def environment_content(environment: Environment) -> str:
    """What all measurements of one environment share, as JSON text."""
    content = to_json(environment)
    return _dumps({key: value for key, value in content.items() if key not in _MOMENT})


def moment(environment: Environment) -> str:
    """What varies within one environment, as JSON text."""
    return _dumps({key: getattr(environment, key) for key in _MOMENT})


def run_row(run: RunInfo) -> RunRow:
    """A run as columns."""
    return RunRow(
        run_id=run.run_id,
        name=run.name,
        suite=run.suite,
        device_id=run.device_id,
        environment_id=run.environment.environment_id,
        moment=moment(run.environment),
        started_at=run.started_at,
        started_s=instant_s(run.started_at, f"the run {run.run_id!r}"),
        state=run.state,
        ended_at=run.ended_at,
        overhead=_dumps({name: _pack(quantity) for name, quantity in run.overhead.items()}),
    )


def read_run(row: Row) -> RunInfo:
    """From the columns of `run` and `environment`."""
    environment = from_json(Environment, _whole_environment(row))
    _keep_id(environment, "environment_id", row["environment_id"])
    return RunInfo(
        run_id=row["run_id"],
        name=row["name"],
        suite=row["suite"],
        device_id=row["device_id"],
        environment=environment,
        started_at=row["started_at"],
        state=row["state"],
        ended_at=row["ended_at"],
        overhead=_unpack_all(json.loads(row["overhead"])),
    )


def read_summary(row: Row, cell: Cell) -> Summary:
    """From the columns of `measurement`; the raw document is not needed."""
    light = json.loads(row["light"])
    failure = light.get("failure")
    return Summary(
        cell=cell,
        device_id=row["device_id"],
        environment_id=row["environment_id"],
        outcome=Outcome(row["outcome"]),
        figures=_unpack_all(light["figures"]),
        quality=_unpack_all(light["quality"]),
        failure=None if failure is None else from_json(Failure, failure),
        validity=tuple(light.get("validity", ())),
        measurement_ids=(row["measurement_id"],),
        started_at=row["started_at"],
        suite=row["suite"],
        baseline_id=light.get("baseline_id", ""),
    )


def _light(summary: Summary) -> str:
    light: dict[str, Any] = {
        "figures": {name: _pack(quantity) for name, quantity in summary.figures.items()},
        "quality": {name: _pack(quantity) for name, quantity in summary.quality.items()},
    }
    if summary.failure is not None:
        light["failure"] = to_json(summary.failure)
    if summary.validity:
        light["validity"] = list(summary.validity)
    if summary.baseline_id:
        light["baseline_id"] = summary.baseline_id
    return _dumps(light)


def _pack(quantity: Quantity) -> dict[str, Any]:
    """The JSON shape of a quantity without what equals the defaults: half the size, same names."""
    packed: dict[str, Any] = {"value": quantity.value, "unit": quantity.unit}
    if quantity.low is not None:
        packed["low"] = quantity.low
    if quantity.high is not None:
        packed["high"] = quantity.high
    if quantity.evidence is not Evidence.MEASURED:
        packed["evidence"] = quantity.evidence.value
    if quantity.source:
        packed["source"] = quantity.source
    if quantity.reason:
        packed["reason"] = quantity.reason
    return packed


def _unpack_all(packed: Mapping[str, Mapping[str, Any]]) -> dict[str, Quantity]:
    """By hand: thousands of summaries are read at once, and `from_json` takes far longer."""
    return {
        name: Quantity(
            item["value"],
            item["unit"],
            item.get("low"),
            item.get("high"),
            _EVIDENCE[item.get("evidence", "measured")],
            item.get("source", ""),
            item.get("reason", ""),
        )
        for name, item in packed.items()
    }


def _whole_environment(row: Row) -> dict[str, Any]:
    return {**json.loads(row["environment"]), **json.loads(row["moment"])}


def _keep_id(record: Cell | Environment, name: str, value: str) -> None:
    """Let a record keep the id that it was stored with, where its cached property has it.

    It is not computed again: a newer sdprof may have hashed fields that are not known here.
    """
    vars(record)[name] = value


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
