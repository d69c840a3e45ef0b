"""`sdprof methods`: compression methods and optimisations, and whether they run here."""

from __future__ import annotations

import argparse

from profiler.catalogue.compression import all_compressions
from profiler.catalogue.optimisations import all_optimisations
from profiler.catalogue.requires import Setting, installed, unmet
from profiler.cli import targets, terminal
from profiler.records.catalogue import MethodSpec
from profiler.records.codec import to_json
from profiler.records.device import HardwareProfile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof methods`."""
    parser.add_argument("--device", help="a profile's name or alias (default: this machine)")
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """One line per method with what it needs."""
    device = targets.profile(arguments.device)
    specs = [*all_compressions().values(), *all_optimisations().values()]
    reasons = {spec.name: _why_not(spec, device) for spec in specs}
    if arguments.json:
        terminal.say_json(
            [
                {**to_json(spec), "runs": not reasons[spec.name], "reason": reasons[spec.name]}
                for spec in specs
            ]
        )
        return 0
    rows = [[s.name, s.kind, ", ".join(s.components), reasons[s.name] or "runs"] for s in specs]
    terminal.say(f"on {device.name}:\n")
    terminal.say(terminal.table(["method", "kind", "components", "here"], rows))
    return 0


def _why_not(spec: MethodSpec, device: HardwareProfile) -> str:
    """What is missing on the device, where the method is used on a model and precision it takes."""
    models, precisions = spec.requires.models or ("",), spec.requires.precisions or ("",)
    setting = Setting(device.kind, device.name, device.capability, models[0], precisions[0])
    return unmet(spec.name, spec.requires, setting, installed) or ""
