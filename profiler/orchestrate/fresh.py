"""A new interpreter for each cell: works everywhere, pays the imports each time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from profiler.orchestrate.launcher import WORKER_COMMAND
from profiler.records.codec import to_json
from profiler.records.job import Job
from profiler.worker.protocol import encode, worker_environment

# How often an end is looked for; it is only waited for once the events have ended.
_POLL_S = 0.01


class FreshLauncher:
    """Starts one process per job."""

    name = "fresh"
    start_up_s = 0.0

    def __init__(self, threads: int, command: Sequence[str] = WORKER_COMMAND) -> None:
        self._command = command
        self._environment = worker_environment(threads)
        self._workers: list[FreshWorker] = []

    def start(self, job: Job, log: Path) -> FreshWorker:
        """Start a worker and hand it the job."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*self._command, "--once"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=self._environment,
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        worker = FreshWorker(process)
        self._workers.append(worker)
        worker.hand_over(job)
        return worker

    def close(self) -> None:
        """Kill what still runs."""
        for worker in self._workers:
            worker.kill()
            worker.wait(10.0)
        self._workers.clear()


class FreshWorker:
    """A worker that is the bench's own child."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None or process.stdin is None:
            raise ValueError("a fresh worker needs pipes for stdin and stdout")
        self._process = process
        self._life = process.stdin
        self.pid = process.pid
        # A descriptor of its own: whoever reads the events closes it, and not under the Popen.
        self.events = os.dup(process.stdout.fileno())
        process.stdout.close()

    def hand_over(self, job: Job) -> None:
        """Send the job; stdin stays open as the worker's life line."""
        with contextlib.suppress(OSError):  # it died at once; its exit status tells
            self._life.write(encode(to_json(job)))
            self._life.flush()

    def kill(self) -> None:
        """Kill the worker and its process group."""
        if self._process.returncode is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            _kill_group(self.pid)

    def wait(self, timeout_s: float) -> int | None:
        """Exit status; what the worker left behind in its group is killed before it is reaped."""
        if self._process.returncode is not None:
            return self._process.returncode  # reaped: its number may be another process's by now
        if not self._ended(timeout_s):
            return None
        _kill_group(self.pid)
        status = self._process.wait()
        with contextlib.suppress(OSError):  # what was left in the buffer has no reader any more
            self._life.close()
        return status

    def _ended(self, timeout_s: float) -> bool:
        """Wait for the end without reaping: its number, and so its group's, stays taken."""
        if sys.platform == "win32":
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return False
            return True
        deadline = time.perf_counter() + timeout_s
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, self.pid, flags) is None:
            if time.perf_counter() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


def _kill_group(pid: int) -> None:
    if sys.platform != "win32":
        # It ended in between; of a dead leader macOS says that the kill is not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
