"""`sdprof demo`: the main job end to end on the embedded model, in the present folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from profiler.analysis.recommend import recommend
from profiler.cli import targets, terminal
from profiler.cli.progress import make_listener
from profiler.cli.run import exit_code, print_results
from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.orchestrate.interrupt import stoppable
from profiler.report.write import refuse_target
from profiler.store import open_store
from profiler.suite import load_suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof demo`."""
    parser.add_argument("--suite", default="quickstart", help="another suite (default: quickstart)")
    parser.add_argument("--device", default="local", help="local, cpu or cuda:N (default: local)")
    parser.add_argument("--out", default="sdprof-report.html", metavar="FILE")
    parser.add_argument("--fresh", action="store_true", help="measure again what is stored")
    targets.add_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table and the recommendation, write the report."""
    spec = load_suite(arguments.suite)
    refuse_target(Path(arguments.out), force=True)  # now, not after minutes of measuring
    options = RunOptions(fresh=arguments.fresh, device=targets.torch_device(arguments.device))
    with open_store(targets.store_path(arguments)) as store:
        with stoppable():
            info = run_suite(spec, store, options, make_listener(as_json=False))
        print_results(spec, store, info)
        if code := exit_code(spec, store, info):
            return code
        asked = {cell.cell_id for cell in spec.cells}
        stored = [s for s in store.summaries(device_id=info.device_id) if s.cell_id in asked]
        answer = recommend(stored, info.device_id)
        terminal.say("\n" + terminal.recommendation_text(answer, top=3))
        from profiler.report.write import write_report

        path = write_report(
            store,
            Path(arguments.out),
            suite=spec.name,
            device_id=info.device_id,
            recommendation=answer,
            force=True,
        )
    terminal.say(f"\nreport: {path.resolve()}")
    return 0
