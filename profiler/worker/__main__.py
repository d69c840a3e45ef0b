"""The worker's door: `--server FD --parent PID` serves jobs by fork, `--once` runs one."""

from __future__ import annotations

import argparse
from typing import NoReturn


def main() -> NoReturn:
    """Run as the command line says, and exit."""
    parser = argparse.ArgumentParser(prog="python -m profiler.worker", description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--server", metavar="FD", type=int, help="serve on this Unix socket")
    mode.add_argument("--once", action="store_true", help="run the job that comes on stdin")
    parser.add_argument("--parent", metavar="PID", type=int, default=0, help="the bench's pid")
    arguments = parser.parse_args()
    if arguments.once:
        from profiler.worker.once import run_once

        run_once()
    from profiler.worker.server import serve

    serve(arguments.server, arguments.parent)


if __name__ == "__main__":
    main()
