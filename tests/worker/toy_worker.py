"""A worker with the real server and the real child set-up, whose cell needs no torch.

It goes through the phases of a cell in milliseconds, makes the faults that a job asks for, and
sends the same events; so the tests of processes and channels are quick.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from profiler.records.codec import from_json
from profiler.records.job import Job
from profiler.worker.child import die_with_parent
from profiler.worker.events import EventWriter
from profiler.worker.faults import Injection, classify
from profiler.worker.memory import PeakMemory
from profiler.worker.once import run_once
from profiler.worker.phases import PhaseClock
from profiler.worker.server import Server
from tests.worker.png import grey_png


def toy_job(job_json, descriptor, *, fresh=False):
    events = EventWriter(descriptor)
    events.send("ready")
    sys.stdout.write("a library says something on stdout\n")
    os.write(2, b"and something on stderr\n")
    clock = None
    try:
        job = from_json(Job, job_json)
        clock = PhaseClock(events, PeakMemory("cpu"), Injection(job.fault))
        _phases(job, clock, events)
    except Exception as error:  # noqa: BLE001 - as in the real cell, a failure is an event
        outcome, message, details = classify(error)
        stage = clock.current if clock else "start"
        events.send("failure", outcome=outcome, stage=stage, message=message, details=details)
    else:
        events.send("done")


def _phases(job, clock, events):
    with clock.phase("load"):
        pass
    with clock.phase("compress"):
        if "grandchild" in job.cell.model:
            child = subprocess.Popen(["sleep", "1000"])
            (Path(job.scratch) / "grandchild").write_text(str(child.pid))
    events.send("weights", components={"unet": 4}, original={"unet": 8}, methods=[])
    number = 0
    for phase, count in (("first_image", 1), ("warm_images", 3)):
        with clock.phase(phase):
            for _ in range(count):
                _image(events, number, warm=number > 1)
                number += 1
    path = Path(job.scratch) / "0000.png"
    path.write_bytes(grey_png(8, 128))
    events.send("saved_image", prompt_index=0, path=str(path))
    with clock.phase("score"):
        events.send("quality", metric="references", quantity=_count(job.reference_images))


def _count(paths):
    return {"value": float(len(paths)), "unit": "1"}


def _image(events, number, *, warm):
    start = time.perf_counter()
    events.send(
        "image",
        index=number,
        warm=warm,
        start_s=start,
        end_s=start + 0.001,
        wall_s=0.001,
        cpu_s=0.001,
        text_encoder_s=0.0002,
        step_s=[0.0003, 0.0003],
        vae_decode_s=0.0002,
        prompts=[0],
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=int)
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    if arguments.once:
        import profiler.worker.cell

        profiler.worker.cell.run_job = toy_job
        run_once()
    die_with_parent(arguments.parent)
    die_with_parent(0)
    with socket.socket(fileno=arguments.server) as control:
        Server(control, toy_job).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
