"""`sdprof suites`: list, show and validate suites, and their JSON Schema."""

from __future__ import annotations

import argparse

from profiler.catalogue.naming import cell_label
from profiler.cli import targets, terminal
from profiler.errors import InputError
from profiler.records.codec import to_json
from profiler.suite import load_suite, shipped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof suites`."""
    commands = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|validate|schema"
    )
    targets.add_json(commands.add_parser("list", help="the shipped suites"))
    showing = commands.add_parser("show", help="the cells of a suite")
    showing.add_argument("suite", metavar="SUITE", help="name of a shipped suite, or a path")
    targets.add_json(showing)
    validating = commands.add_parser("validate", help="check suites; all that is wrong is told")
    validating.add_argument("suites", nargs="+", metavar="SUITE")
    commands.add_parser("schema", help="print the JSON Schema for editors")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 2 where a suite is wrong."""
    if arguments.action == "schema":
        from profiler.suite.schema import json_schema

        terminal.say_json(json_schema())
        return 0
    if arguments.action == "list":
        return _list(as_json=arguments.json)
    if arguments.action == "show":
        return _show(arguments.suite, as_json=arguments.json)
    return _validate(arguments.suites)


def _list(*, as_json: bool) -> int:
    specs = {name: load_suite(name) for name in shipped()}
    if as_json:
        terminal.say_json(
            [
                {"name": name, "cells": len(s.cells), "description": s.description}
                for name, s in specs.items()
            ]
        )
        return 0
    rows = [[name, str(len(s.cells)), s.description.strip()] for name, s in specs.items()]
    terminal.say(terminal.table(["suite", "cells", "description"], rows))
    return 0


def _show(name: str, *, as_json: bool) -> int:
    spec = load_suite(name)
    if as_json:
        cells = [{"cell_id": cell.cell_id, **to_json(cell)} for cell in spec.cells]
        terminal.say_json({**to_json(spec), "cells": cells})
        return 0
    terminal.say(f"{spec.name}: {spec.description.strip()}\n")
    baseline = spec.baseline.cell_id if spec.baseline else None
    rows = [
        [cell.cell_id, cell_label(cell), "baseline" if cell.cell_id == baseline else ""]
        for cell in spec.cells
    ]
    terminal.say(terminal.table(["cell", "configuration", ""], rows))
    terminal.say(f"\nmeasure: {to_json(spec.measure)}\nquality: {to_json(spec.quality)}")
    return 0


def _validate(names: list[str]) -> int:
    wrong = 0
    for name in names:
        try:
            spec = load_suite(name)
        except InputError as error:
            terminal.warn(str(error))
            wrong += 1
        else:
            terminal.say(f"{name}: valid, {terminal.cells(len(spec.cells))}")
    return 2 if wrong else 0
