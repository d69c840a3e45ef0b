"""A bench in a process of its own, for tests that kill it: `STORE WEIGHTS ISOLATION FAULT NAME`.

Measures three cells with toy workers; the fault is made in the second. Says on stdout what it does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from profiler.orchestrate.bench import RunOptions, run_suite
from profiler.orchestrate.fork import ForkLauncher
from profiler.orchestrate.fresh import FreshLauncher
from profiler.store import open_store
from tests.factories import make_cell
from tests.orchestrate.conftest import TOY
from tests.orchestrate.jobs import Recorder, make_suite


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    store_path, weights, isolation, fault, name = sys.argv[1:]
    cells = [make_cell(model="sd15", weights=weights, steps=steps) for steps in (4, 5, 6)]
    folder = Path(tempfile.mkdtemp())
    launcher = ForkLauncher(1, folder, TOY) if isolation == "fork" else FreshLauncher(1, TOY)
    start = launcher.start

    def telling(job, log):
        worker = start(job, log)
        server = getattr(launcher, "server_pid", None) or worker.pid
        say(f"worker {worker.pid} server {server}")
        return worker

    launcher.start = telling
    listener = Recorder(lambda cell, phase: say(f"phase {cell.steps} {phase}"))
    options = RunOptions(
        device="cpu",
        isolation=isolation,
        run_name=name,
        faults={cells[1].cell_id: fault} if fault else {},
    )
    with open_store(store_path) as store:
        run = run_suite(make_suite(*cells), store, options, listener, launcher)
    launcher.close()
    say(f"state {run.state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
