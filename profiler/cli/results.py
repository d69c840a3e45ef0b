"""`sdprof results`: list, show and export what is stored."""

from __future__ import annotations

import argparse

from profiler.analysis.format import show, words
from profiler.catalogue.naming import cell_label
from profiler.cli import targets, terminal
from profiler.errors import InputError, UnknownName
from profiler.records.codec import to_json
from profiler.records.measurement import Measurement
from profiler.records.summary import Summary
from profiler.store.export import export
from profiler.store.plain import summary_json
from profiler.store.protocol import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof results`."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="list|show|export")
    listing = commands.add_parser("list", help="one line per cell and device")
    showing = commands.add_parser("show", help="one cell with everything that is known of it")
    showing.add_argument("cell", metavar="CELL", help="cell id (or its beginning)")
    exporting = commands.add_parser("export", help="write CSV, JSON or Parquet")
    exporting.add_argument("file", metavar="FILE")
    exporting.add_argument("--format", choices=("csv", "json", "parquet"), default="")
    exporting.add_argument("--force", action="store_true", help="replace an existing file")
    for command in (listing, showing, exporting):
        command.add_argument("--device", help="only this device")
        command.add_argument("--suite", help="only what was measured for this suite")
        targets.add_store(command)
    for command in (listing, showing):
        targets.add_json(command)


def run(arguments: argparse.Namespace) -> int:
    """Answer from the store; nothing is changed."""
    with targets.existing_store(arguments) as store:
        device = None if arguments.device is None else targets.device_id(arguments.device, store)
        rows = store.summaries(device_id=device, suite=arguments.suite)
        if arguments.action == "export":
            path = export(rows, arguments.file, arguments.format, arguments.force)
            terminal.say(f"{terminal.cells(len(rows))} written to {path}")
        elif arguments.action == "list":
            _list(rows, as_json=arguments.json)
        else:
            _show(_one(rows, arguments.cell), store, as_json=arguments.json)
    return 0


def _list(rows: list[Summary], *, as_json: bool) -> None:
    if as_json:
        terminal.say_json([summary_json(row) for row in rows])
        return
    for device in dict.fromkeys(row.device_id for row in rows):
        terminal.say(f"{device}\n")
        terminal.say(terminal.summary_table([row for row in rows if row.device_id == device]))
        terminal.say()
    if not rows:
        terminal.say("nothing is stored for this device and suite")


def _one(rows: list[Summary], asked: str) -> Summary:
    found = [row for row in rows if row.cell_id.startswith(asked)]
    if not found:
        raise UnknownName("cell", asked, [row.cell_id for row in rows])
    if len({row.cell_id for row in found}) > 1:
        raise InputError(f"{asked!r} begins {len(found)} cell ids; write more of it")
    if len(found) > 1:
        devices = ", ".join(row.device_id for row in found)
        raise InputError(f"cell {asked} was measured on {devices}; choose one with --device")
    return found[0]


def _show(row: Summary, store: Store, *, as_json: bool) -> None:
    newest = store.latest(row.cell_id, row.device_id)
    if as_json:
        terminal.say_json({**summary_json(row), "measurement": to_json(newest)})
        return
    terminal.say(
        f"{cell_label(row.cell)}\ncell {row.cell_id} on {row.device_id}, suite {row.suite}"
    )
    terminal.say(f"{terminal.outcome_words(row)}, {row.started_at}\n")
    for name, quantity in (*row.figures.items(), *row.quality.items()):
        terminal.say(f"  {words(name):<26} {show(quantity, name=name, evidence=True)}")
    if newest is not None:
        _raw(newest)


def _raw(measurement: Measurement) -> None:
    terminal.say("\nphases")
    for phase in measurement.phases:
        terminal.say(f"  {phase.name:<16} {phase.wall_s:8.3f} s wall  {phase.cpu_s:8.3f} s CPU")
    if measurement.weights is not None:
        for effect in measurement.weights.methods:
            terminal.say(
                f"\n{effect.method} on {', '.join(effect.components)}: {effect.layers_touched} of "
                f"{effect.layers_total} layers, {effect.bytes_before:,} to "
                f"{effect.bytes_after:,} bytes in {effect.wall_s:.2f} s"
            )
    for switched in measurement.optimisations:
        used = "" if switched.uses is None else f", used {switched.uses:,} times"
        told = switched.no_effect and f"; no effect: {switched.no_effect}"
        terminal.say(f"\n{switched.method}: {switched.modules} modules reached{used}{told}")
    latencies = " ".join(f"{run.wall_s:.4f}" for run in measurement.warm_runs())
    terminal.say(f"\nwarm latencies (s): {latencies or 'none'}")
