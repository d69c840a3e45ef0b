"""`sdprof devices`: list, show, detect and validate hardware profiles."""

from __future__ import annotations

import argparse
from pathlib import Path

from profiler.analysis.format import amount
from profiler.cli import targets, terminal
from profiler.devices.detect import local_device
from profiler.devices.lookup import all_profiles, folders
from profiler.errors import InputError
from profiler.records.codec import to_json
from profiler.records.device import HardwareProfile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof devices`."""
    commands = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|detect|validate"
    )
    targets.add_json(commands.add_parser("list", help="the known devices"))
    showing = commands.add_parser("show", help="one device with its sources")
    showing.add_argument("device", metavar="DEVICE", help="id, alias, NVML name or `local`")
    targets.add_json(showing)
    targets.add_json(commands.add_parser("detect", help="which device this machine has"))
    validating = commands.add_parser("validate", help="check profiles (default: all known)")
    validating.add_argument("files", nargs="*", metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 2 where a profile is wrong."""
    if arguments.action == "validate":
        return _validate(arguments.files)
    if arguments.action == "list":
        _list(arguments.json)
    elif arguments.action == "show":
        _show(targets.profile(arguments.device), as_json=arguments.json)
    else:
        local = local_device()
        if not arguments.json:
            terminal.say(f"{local.torch_device}, detected by {local.detected_by}\n")
        _show(local.profile, as_json=arguments.json)
    return 0


def _list(as_json: bool) -> None:
    profiles = sorted(all_profiles(), key=lambda profile: profile.id)
    if as_json:
        terminal.say_json([to_json(profile) for profile in profiles])
        return
    rows = [[p.id, p.name, p.kind, _size(p.memory_bytes), p.architecture] for p in profiles]
    terminal.say(terminal.table(["device", "name", "kind", "memory", "architecture"], rows))


def _size(memory_bytes: int) -> str:
    return amount(float(memory_bytes), "B") if memory_bytes else "unknown"


def _show(profile: HardwareProfile, *, as_json: bool) -> None:
    if as_json:
        terminal.say_json(to_json(profile))
        return
    for name, value in to_json(profile).items():
        if isinstance(value, list):
            terminal.say(f"{name}:")
            for item in value:
                terminal.say(f"  - {item}")
        elif isinstance(value, dict):
            terminal.say(f"{name}:")
            for key, item in value.items():
                terminal.say(f"  {key}: {item}")
        else:
            terminal.say(f"{name}: {value}")


def _validate(files: list[str]) -> int:
    from profiler.devices.validate import check_file

    known = [file for folder in folders() for file in sorted(folder.glob("*.yaml"))]
    wrong = 0
    for path in [Path(file) for file in files] or known:
        try:
            check_file(path)
        except InputError as error:
            terminal.warn(str(error))
            wrong += 1
    if not wrong:
        terminal.say(f"{len(files) or len(known)} profiles are valid")
    return 2 if wrong else 0
