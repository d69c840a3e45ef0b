"""`sdprof methods`: every method and optimisation, what it needs, and whether it runs here."""

from __future__ import annotations

import argparse
from pathlib import Path

from profiler.analysis.methods import Listed, as_json, methods_on, named
from profiler.cli import targets, terminal
from profiler.devices.detect import local_device
from profiler.errors import InputError
from profiler.records.device import HardwareProfile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof methods`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this one in detail")
    parser.add_argument("--device", help="a profile's name or alias (default: this machine)")
    parser.add_argument(
        "--markdown", action="store_true", help="print docs/methods.md, from the catalogue"
    )
    parser.add_argument(
        "--suite",
        default="compression_atlas,optimisation_atlas",
        metavar="NAMES",
        help="with --markdown: the suites in --store whose figures count (default: %(default)s)",
    )
    targets.add_store(parser)
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """A table by family, one entry in detail, JSON, or the page for the documentation."""
    if arguments.markdown:
        return _markdown(arguments)
    device, here = _device(arguments.device)
    listed = methods_on(device, here=here)
    if arguments.name is not None:
        listed = named(arguments.name, listed)
    if arguments.json:
        terminal.say_json([as_json(entry) for entry in listed])
    elif arguments.name is not None:
        from profiler.report.methods_text import detail

        terminal.say(f"on {device.name}:\n")
        terminal.say("\n\n".join(detail(entry) for entry in listed))
    else:
        _table(listed, device)
    return 0


def _device(name: str | None) -> tuple[HardwareProfile, bool]:
    """The device, and whether it is this machine's own."""
    if name is None:
        return local_device().profile, True
    device = targets.profile(name)
    return device, targets.is_local(name) or device.id == local_device().profile.id


def _table(listed: list[Listed], device: HardwareProfile) -> None:
    from profiler.report.methods_text import needs, verdict

    terminal.say(f"on {device.name}:\n")
    rows = [
        [
            entry.family,
            entry.name,
            ", ".join(entry.components),
            needs(entry.requires, reasons=False),
            verdict(entry),
        ]
        for entry in listed
    ]
    header = ["family", "method", "components", "needs", "runs there"]
    terminal.say(terminal.table(header, rows))


def _markdown(arguments: argparse.Namespace) -> int:
    from profiler.report.methods_page import methods_page

    if arguments.name is not None or arguments.device is not None or arguments.json:
        raise InputError("--markdown is of the whole catalogue: leave NAME, --device, --json out")
    if arguments.store is None:
        terminal.say(methods_page([]).rstrip("\n"))
        return 0
    suites = [name.strip() for name in arguments.suite.split(",") if name.strip()]
    with targets.existing_store(arguments) as store:
        summaries = [s for name in suites for s in store.summaries(suite=name)]
    if not summaries:
        raise InputError(
            f"{Path(arguments.store)}: nothing is stored of the suite {' or '.join(suites)}; "
            f"next: sdprof run {suites[0] if suites else 'compression_atlas'}"
        )
    terminal.say(methods_page(summaries).rstrip("\n"))
    return 0
