"""One job in a fresh process, where there is no fork: same measurement, seconds slower to start.

The job comes as one JSON line on stdin; after it stdin stays open for as long as the bench lives.
Events go to the original stdout. Descriptor 1 is pointed at stderr before any library is imported,
so that what they print cannot get between the events.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import NoReturn

from profiler.worker.child import redirect_output, watch_life


def run_once() -> NoReturn:
    """Read the job, measure it, send the events, and exit."""
    if hasattr(os, "setpgid") and os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the bench's to handle
    events = os.dup(1)
    redirect_output(2)
    job = json.loads(_read_line(0))
    watch_life(0)
    from profiler.worker.cell import run_job

    run_job(job, events, fresh=True)
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking the libraries down in order takes seconds and frees nothing that the end would not.
    os._exit(0)


def _read_line(descriptor: int) -> bytes:
    """One line, byte for byte: what follows must stay in the pipe for the life line."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 1)
        if not piece:
            raise EOFError("the job's line on stdin was not complete")
        line += piece
    return bytes(line)
