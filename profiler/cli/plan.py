"""`sdprof plan`: which cells of a suite would run here, which not and why, and how long."""

from __future__ import annotations

import argparse
import re

from profiler.analysis.format import show
from profiler.catalogue.naming import cell_label
from profiler.cli import targets, terminal
from profiler.devices.lookup import find
from profiler.orchestrate.bench import RunOptions, prepare
from profiler.orchestrate.plan import FILTERED, IMPOSSIBLE, RUN, STORED, Plan, PlanRow, make_plan
from profiler.records.codec import to_json
from profiler.records.suite import SuiteSpec
from profiler.store import open_store
from profiler.store.memory import MemoryStore
from profiler.store.plain import quantity_json
from profiler.store.protocol import Store
from profiler.suite import load_suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof plan`."""
    parser.add_argument("suite", metavar="SUITE", help="name of a shipped suite, or a path")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:N or a profile's name")
    parser.add_argument("--only", metavar="EXPR", help="e.g. 'precision=bf16 and batch_size<=2'")
    parser.add_argument("--fresh", action="store_true", help="plan stored cells again")
    targets.add_store(parser)
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the plan; nothing is measured, and no store is made."""
    spec = load_suite(arguments.suite)
    path = targets.store_path(arguments)
    store = open_store(path, read_only=True) if path.exists() else MemoryStore()
    with store:
        plan = _plan(spec, store, arguments)
    if arguments.json:
        terminal.say_json(_as_json(spec.name, plan))
    else:
        _print(spec.name, plan)
    return 0


def _plan(spec: SuiteSpec, store: Store, arguments: argparse.Namespace) -> Plan:
    """For this machine as `sdprof run` would go; for another device from its profile alone."""
    if re.fullmatch(r"auto|local|cpu|cuda(:\d+)?", arguments.device):
        device = targets.torch_device(arguments.device)
        options = RunOptions(fresh=arguments.fresh, only=arguments.only, device=device)
        return prepare(spec, store, options)[2]
    profile = find(arguments.device)
    known = store.summaries(device_id=profile.id)
    return make_plan(spec, profile, {}, arguments.fresh, arguments.only, summaries=known)


def _print(name: str, plan: Plan) -> None:
    rows = [
        [row.cell.cell_id, cell_label(row.cell), row.state, row.reason or _time(row)]
        for row in plan.rows
    ]
    terminal.say(terminal.table(["cell", "configuration", "state", "reason or estimate"], rows))
    counts = [
        f"{len(plan.of(state))} {words}"
        for state, words in (
            (RUN, "to run"),
            (STORED, "stored already"),
            (IMPOSSIBLE, "impossible here"),
            (FILTERED, "left out"),
        )
        if plan.of(state)
    ]
    terminal.say(f"\n{name}: {terminal.cells(len(plan.rows))}: {', '.join(counts)}")
    if plan.to_run():
        terminal.say(f"estimated time: {show(plan.estimate_s)}")


def _time(row: PlanRow) -> str:
    estimate = row.estimate_s
    return f"about {show(estimate)}" if estimate.available else ""


def _as_json(name: str, plan: Plan) -> dict[str, object]:
    return {
        "suite": name,
        "estimate": quantity_json(plan.estimate_s),
        "cells": [
            {
                "cell_id": row.cell.cell_id,
                "label": cell_label(row.cell),
                "cell": to_json(row.cell),
                "state": row.state,
                "reason": row.reason,
                "estimate": quantity_json(row.estimate_s),
            }
            for row in plan.rows
        ],
    }
