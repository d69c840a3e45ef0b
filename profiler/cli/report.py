"""`sdprof report`: one HTML file that works offline."""

from __future__ import annotations

import argparse
from pathlib import Path

from profiler.cli import targets, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof report`."""
    parser.add_argument("--out", default="sdprof-report.html", metavar="FILE")
    parser.add_argument("--device", help="only this device (default: all in the store)")
    parser.add_argument("--suite", help="only what was measured for this suite")
    parser.add_argument("--run", dest="run_id", metavar="RUN", help="only this run (id or name)")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    targets.add_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the page and print its path."""
    from profiler.report.write import write_report

    with targets.existing_store(arguments) as store:
        device = None if arguments.device is None else targets.device_id(arguments.device, store)
        run_id = None if arguments.run_id is None else targets.run_id(arguments.run_id, store)
        path = write_report(
            store,
            Path(arguments.out),
            run_id=run_id,
            suite=arguments.suite,
            device_id=device,
            force=arguments.force,
        )
    terminal.say(f"report: {path.resolve()}")
    return 0
