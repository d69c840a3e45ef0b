"""`sdprof run`: measure the cells of a suite on this machine."""

from __future__ import annotations

import argparse

from profiler.analysis.format import percent, show
from profiler.cli import targets, terminal
from profiler.cli.progress import make_listener
from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.orchestrate.interrupt import stoppable
from profiler.records.measurement import RunInfo
from profiler.records.suite import SuiteSpec
from profiler.store import open_store
from profiler.store.protocol import Store
from profiler.suite import load_suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof run`."""
    parser.add_argument("suite", metavar="SUITE", help="name of a shipped suite, or a path")
    parser.add_argument("--device", default="local", help="local, cpu or cuda:N (default: local)")
    parser.add_argument("--only", metavar="EXPR", help="e.g. 'precision=bf16 and batch_size<=2'")
    parser.add_argument("--fresh", action="store_true", help="measure again what is stored")
    parser.add_argument("--run-name", default="", metavar="NAME", help="to find the run again")
    parser.add_argument(
        "--time-budget", metavar="TIME", help="start no cell after this time, e.g. 30m"
    )
    parser.add_argument(
        "--isolation",
        choices=("auto", "fork", "fresh"),
        default="auto",
        help="fork cells from one server (quick), or start a fresh process for each",
    )
    parser.add_argument(
        "--allow-pickle",
        action="store_true",
        help="read .bin and .ckpt weights as well; they can run code, so only if you trust them",
    )
    targets.add_store(parser)
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 with at least one usable cell, 1 without, 130 when interrupted."""
    spec = load_suite(arguments.suite)
    options = RunOptions(
        fresh=arguments.fresh,
        only=arguments.only,
        run_name=arguments.run_name,
        time_budget_s=targets.amount("--time-budget", arguments.time_budget, "parse_duration"),
        device=targets.torch_device(arguments.device),
        isolation=arguments.isolation,
        allow_pickle=arguments.allow_pickle,
    )
    with open_store(targets.store_path(arguments)) as store:
        with stoppable():
            info = run_suite(spec, store, options, make_listener(as_json=arguments.json))
        if not arguments.json:
            print_results(spec, store, info)
        return exit_code(spec, store, info)


def print_results(spec: SuiteSpec, store: Store, info: RunInfo) -> None:
    """The table of the suite's cells on this device, and what the harness itself cost."""
    asked = {cell.cell_id for cell in spec.cells}
    rows = [s for s in store.summaries(device_id=info.device_id) if s.cell_id in asked]
    terminal.say(terminal.summary_table(rows) if rows else "no cell of this suite has a result yet")
    terminal.say(f"\n{overhead_text(info)}\nstored in {store.location}")


def overhead_text(info: RunInfo) -> str:
    """What the run cost beside the timed images, in two lines."""
    share = info.overhead.get("timed_share")
    if share is None or share.value is None:
        return "nothing was timed anew"
    figures = {name: show(quantity) for name, quantity in info.overhead.items()}
    parts = [
        f"{name.removesuffix('_s').replace('_', ' ')} {text}"
        for name, text in figures.items()
        if name not in {"wall_s", "timed_share", "bench_cpu_s", "sampler_cpu_s", "per_cell_s"}
    ]
    return (
        f"{figures.get('wall_s', 'unknown time')} in all, {percent(share.value)} of it in timed "
        f"images; the rest: {', '.join(parts)}\n"
        f"the harness itself: {_per_cell(info)}, bench "
        f"{figures.get('bench_cpu_s', 'unknown')} and sampler "
        f"{figures.get('sampler_cpu_s', 'unknown')} of CPU time"
    )


def _per_cell(info: RunInfo) -> str:
    cost = info.overhead.get("per_cell_s")
    if cost is None or not cost.available:
        return f"per cell unknown ({cost.reason if cost else 'not recorded'})"
    return f"{show(cost)} per cell"


def exit_code(spec: SuiteSpec, store: Store, info: RunInfo) -> int:
    """What the shell is told: failed cells are results, a suite without any good one is not."""
    if info.state == "interrupted":
        return 130
    asked = {cell.cell_id for cell in spec.cells}
    stored = store.summaries(device_id=info.device_id)
    return 0 if any(s.outcome == "ok" and s.cell_id in asked for s in stored) else 1
