"""`sdprof recommend`: the best measured configuration of a device under the user's limits."""

from __future__ import annotations

import argparse

from profiler.analysis.json_view import as_json
from profiler.analysis.objectives import OBJECTIVES
from profiler.analysis.recommend import recommend
from profiler.cli import targets, terminal
from profiler.errors import InputError
from profiler.records.summary import Limits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof recommend`."""
    parser.add_argument("--device", help="profile id, alias or `local` (default: this machine)")
    parser.add_argument("--model", help="compare cells of this model (default: measured last)")
    parser.add_argument("--objective", choices=tuple(OBJECTIVES), default="latency")
    parser.add_argument("--max-latency", metavar="TIME", help="per batch, e.g. 2.5s or 800ms")
    parser.add_argument("--max-memory", metavar="SIZE", help="peak memory, e.g. 3.5GiB")
    parser.add_argument("--min-quality", type=float, metavar="X", help="in the metric's unit")
    parser.add_argument("--quality-metric", default="", metavar="NAME", help="for --min-quality")
    parser.add_argument("--resolution", type=int, metavar="PX", help="compare at this size")
    parser.add_argument("--top", type=int, default=3, metavar="N", help="how many to show")
    parser.add_argument("--emit", choices=("python",), help="print a script of the best one")
    targets.add_store(parser)
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 with a recommendation, 1 where nothing fits."""
    if arguments.top < 1:
        raise InputError(f"--top {arguments.top}: must be at least 1")
    if arguments.emit and arguments.json:
        raise InputError("--emit and --json exclude each other: leave one out")
    limits = Limits(
        max_latency_s=targets.amount("--max-latency", arguments.max_latency, "parse_duration"),
        max_memory_bytes=targets.amount("--max-memory", arguments.max_memory, "parse_bytes"),
        min_quality=arguments.min_quality,
        quality_metric=arguments.quality_metric,
        resolution_px=arguments.resolution,
    )
    with targets.existing_store(arguments) as store:
        device = targets.device_id(arguments.device, store)
        answer = recommend(
            store.summaries(), device, arguments.objective, limits, model=arguments.model
        )
    if arguments.json:
        terminal.say_json(as_json(answer))
    elif arguments.emit:
        if not answer.accepted:  # standard output may be going into a file that will be run
            terminal.warn(terminal.recommendation_text(answer, arguments.top))
            return 1
        from profiler.analysis.emit import emit_python

        terminal.say(emit_python(answer.accepted[0]))
    else:
        terminal.say(terminal.recommendation_text(answer, arguments.top))
    return 0 if answer.accepted else 1
