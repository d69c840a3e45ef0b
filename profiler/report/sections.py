"""Failed cells, environments and the harness's own overhead, as views."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from profiler.analysis.format import amount, percent, show, words
from profiler.records.cell import Scalar
from profiler.records.environment import Environment
from profiler.records.measurement import Measurement, Outcome
from profiler.records.quantity import Quantity
from profiler.records.summary import Summary
from profiler.report.gather import DeviceRows
from profiler.report.table import OUTCOME_WORDS
from profiler.report.text import count

SHOWN_FAILURES = 60
SHOWN_NAMES = 12
SHOWN_ENVIRONMENTS = 5
_LONG = "traceback"


def failures(device: DeviceRows, names: Mapping[str, str]) -> dict[str, Any]:
    """Cells that did not end OK, those with the same stage and reason together.

    `notes` says where the list was cut.
    """
    failed = [s for s in device.summaries if s.outcome is not Outcome.OK]
    groups: dict[tuple[object, ...], list[Summary]] = {}
    for summary in failed:
        groups.setdefault(_kind(summary), []).append(summary)
    rows = [_failure(group, names) for group in list(groups.values())[:SHOWN_FAILURES]]
    notes = [] if failed else ["Every configuration ended with valid images."]
    if len(groups) > SHOWN_FAILURES:
        notes.append(f"The first {SHOWN_FAILURES} of {len(groups):,} reasons are shown.")
    return {"rows": rows, "notes": notes}


def _kind(summary: Summary) -> tuple[object, ...]:
    """What must be equal for two failures to be told as one."""
    failure = summary.failure
    told = (failure.stage, failure.message, str(dict(failure.details))) if failure else ()
    return (summary.outcome, summary.validity, told)


def _failure(group: list[Summary], names: Mapping[str, str]) -> dict[str, Any]:
    summary, failure = group[0], group[0].failure
    details = failure.details if failure is not None else {}
    stage = words(failure.stage) if failure is not None and failure.stage else "not told"
    message = failure.message if failure is not None else "no message was stored"
    if summary.validity:
        message = f"{message} (flags: {', '.join(summary.validity)})"
    shown = [names.get(s.cell_id, s.cell.label()) for s in group[:SHOWN_NAMES]]
    if len(group) > SHOWN_NAMES:
        shown.append(f"and {len(group) - SHOWN_NAMES:,} more; filter the table by outcome")
    return {
        "names": shown,
        "outcome": OUTCOME_WORDS.get(summary.outcome, summary.outcome.value),
        "stage": stage,
        "message": message,
        "details": [_detail(name, value) for name, value in details.items() if name != _LONG],
        "tracebacks": [str(details[_LONG])] if details.get(_LONG) else [],
    }


def _detail(name: str, value: Scalar) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if "bytes" in name and is_number:
        return f"{words(name)}: {amount(float(value), 'B')}"
    return f"{words(name)}: {value}"


def environments(device: DeviceRows) -> dict[str, Any]:
    """The different environments that the figures come from, newest first."""
    found = device.environments()
    notes = []
    if len(found) > 1:
        notes.append(
            f"The figures come from {len(found)} environments; a difference between cells of "
            "different environments may be the environment's."
        )
    if len(found) > SHOWN_ENVIRONMENTS:
        notes.append(f"The newest {SHOWN_ENVIRONMENTS} are shown.")
    return {"shown": [_environment(e) for e in found[:SHOWN_ENVIRONMENTS]], "notes": notes}


def _environment(environment: Environment) -> dict[str, Any]:
    facts = [
        ("device", f"{environment.device_name} ({environment.device_id})"),
        ("host", environment.host),
        ("platform", environment.platform),
        ("processor", f"{environment.cpu}, {count(environment.cpu_count, 'core')}"),
        ("host memory", amount(environment.memory_bytes, "B")),
        ("threads", str(environment.threads or "")),
        ("Python", environment.python),
        ("driver", environment.driver),
        ("CUDA", environment.cuda),
        ("sdprof", environment.sdprof),
        ("git commit", environment.git_commit),
        ("load at the start", _load(environment)),
    ]
    facts += sorted(environment.settings.items())
    return {
        "id": environment.environment_id,
        "facts": [{"name": name, "value": value} for name, value in facts if value],
        "packages": [
            {"name": name, "value": version}
            for name, version in sorted(environment.packages.items())
        ],
    }


def _load(environment: Environment) -> str:
    return "" if environment.host_load is None else f"{environment.host_load:.2f}"


def overhead(device: DeviceRows) -> dict[str, Any]:
    """What measuring itself cost: per run as told by the bench, per cell as median and maximum."""
    runs = [
        {
            "name": run.name or run.run_id,
            "state": run.state,
            "started": run.started_at,
            "costs": [_cost(name, quantity) for name, quantity in run.overhead.items()],
        }
        for run in sorted(device.runs, key=lambda run: run.started_at, reverse=True)[:10]
    ]
    cells = _per_cell(device.details)
    known = cells or any(run["costs"] for run in runs)
    notes = [] if known else ["Unavailable: no run of this device told its own cost."]
    return {"runs": runs, "cells": cells, "notes": notes}


def _cost(name: str, quantity: Quantity) -> dict[str, str]:
    """One cost of a run; shares in per cent, units told by the value and not by the name."""
    if quantity.unit == "1" and quantity.value is not None:
        return {"name": words(name), "value": percent(quantity.value)}
    return {"name": _bare(name), "value": show(quantity)}


def _bare(name: str) -> str:
    stem = name
    for ending in ("_s", "_j", "_bytes"):
        stem = stem.removesuffix(ending)
    return words(stem).replace("cpu", "CPU")


def _per_cell(details: Mapping[str, Measurement]) -> list[dict[str, str]]:
    found: dict[str, list[float]] = {}
    for measurement in details.values():
        for name, seconds in measurement.overhead.items():
            found.setdefault(name, []).append(seconds)
    return [
        {
            "name": _bare(name),
            "median": amount(median(seconds), "s"),
            "most": amount(max(seconds), "s"),
            "cells": str(len(seconds)),
        }
        for name, seconds in found.items()
    ]
