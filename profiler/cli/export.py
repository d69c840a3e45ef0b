"""`sdprof export`: write a compressed model into a folder that `sdprof run` takes as weights."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from profiler.analysis.format import amount
from profiler.catalogue.models import model
from profiler.catalogue.precisions import precision
from profiler.cli import targets, terminal
from profiler.errors import InputError
from profiler.records.codec import to_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof export`."""
    parser.add_argument("model", metavar="MODEL", help="a model's name, such as tiny-sd")
    parser.add_argument(
        "--config",
        required=True,
        metavar="CONFIG",
        help="a YAML file or inline YAML: a method's name, a chain such as "
        "'[structured-pruning, absmax-int8]', or a mapping with compression, precision, weights",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write, new or empty")
    parser.add_argument("--weights", metavar="W", help="hub, random, embedded, or a folder's path")
    parser.add_argument("--precision", metavar="P", help="fp32 (default), bf16 or fp16")
    parser.add_argument("--device", default="local", help="local, cpu or cuda:N (default: local)")
    parser.add_argument("--force", action="store_true", help="replace an earlier export in DIR")
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Export; prints the sizes, and how to use the folder."""
    from profiler.devices.detect import local_device
    from profiler.suite.one import read_configuration

    spec = model(arguments.model)
    asked = read_configuration(arguments.config, arguments.model)
    given = arguments.precision or asked.precision or "fp32"
    precision(given)
    weights = arguments.weights or asked.weights or spec.weights[0]
    if weights not in spec.weights and not Path(weights).expanduser().exists():
        raise InputError(
            f"--weights {weights}: {spec.name} has weights {', '.join(spec.weights)}, and there is "
            "no such folder"
        )
    device = local_device(targets.torch_device(arguments.device)).torch_device
    # By name: this room must not depend on torch, which only this command needs.
    saving: Any = import_module("profiler.compress.saving")
    done = saving.export(
        spec.name,
        weights,
        given,
        asked.chain,
        Path(arguments.out).expanduser(),
        device,
        force=arguments.force,
    )
    if arguments.json:
        terminal.say_json(to_json(done))
    else:
        _print(done)
    return 0


def _print(done: Any) -> None:
    report, manifest = done.report, done.manifest
    rows = [
        [name, _bytes(report.original.get(name, 0)), _bytes(size), _made(manifest.parts[name])]
        for name, size in report.components.items()
    ]
    terminal.say(terminal.table(["component", "loaded", "exported", "loads with"], rows))
    weights = _as_path(done.folder)
    terminal.say(
        f"\n{done.folder}: {_bytes(done.file_bytes)} on disk, {manifest.precision}; "
        f"to measure it:\n  models: [{{name: {manifest.model}, weights: {weights}}}]\n"
        f"  axes: {{precision: [{manifest.precision}]}}"
    )


def _as_path(folder: Any) -> str:
    """As a suite takes it: with a slash, so that it cannot be a word such as `hub`."""
    text = str(folder)
    return text if "/" in text else f"./{text}"


def _bytes(number: int) -> str:
    return amount(float(number), "B")


def _made(part: Any) -> str:
    return "diffusers or sdprof" if part.plain else "sdprof"
