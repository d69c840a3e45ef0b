"""Workers from the fork server: torch, diffusers and transformers are imported once."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from profiler.errors import SdprofError
from profiler.orchestrate.launcher import WORKER_COMMAND, WorkerLostError, log_tail
from profiler.records.codec import to_json
from profiler.records.job import Job
from profiler.worker.protocol import (
    EXITED,
    KILL,
    READY,
    RUN,
    STARTED,
    LineBuffer,
    encode,
    worker_environment,
)

# Imports take 6-10 s on two busy cores; a cold disk or a network file system may take minutes.
_READY_TIMEOUT_S = 600.0
_REPLY_TIMEOUT_S = 60.0


class ForkLauncher:
    """Starts the server at the first job, and anew after it died."""

    name = "fork"

    def __init__(
        self, threads: int, scratch: Path, command: Sequence[str] = WORKER_COMMAND
    ) -> None:
        self._command = command
        self._environment = worker_environment(threads)
        self._log = scratch / "server.log"
        self._server: _Server | None = None
        self.start_up_s = 0.0

    @property
    def server_pid(self) -> int | None:
        """The server's process id, None while there is none."""
        return self._server.process.pid if self._server else None

    def start(self, job: Job, log: Path) -> ForkedWorker:
        """Fork a worker; a server that died since the last job is replaced once."""
        for _ in range(2):
            server = self._running_server()
            if server.unfit and job.device != "cpu":
                raise SdprofError(
                    f"the worker server cannot fork workers for {job.device}: {server.unfit}; "
                    "run the suite with --isolation fresh"
                )
            try:
                return self._fork(server, job, log)
            except WorkerLostError:
                self._discard()
        raise WorkerLostError(f"the worker server died twice:\n{log_tail(self._log)}")

    def close(self) -> None:
        """End the server, and with it any worker that still runs."""
        self._discard()

    def _fork(self, server: _Server, job: Job, log: Path) -> ForkedWorker:
        read, write = os.pipe()
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            server.send({"do": RUN, "job": to_json(job)}, (write, descriptor))
            pid = server.await_start(job.job_id)
        except BaseException:
            os.close(read)
            raise
        finally:
            os.close(write)
            os.close(descriptor)
        return ForkedWorker(server, job.job_id, pid, read)

    def _running_server(self) -> _Server:
        if self._server is None:
            began = time.perf_counter()
            self._server = _Server(self._command, self._environment, self._log)
            try:
                self._server.await_ready()
            except WorkerLostError as error:
                self._discard()
                raise SdprofError(
                    f"the worker server did not start ({error}); its last words:\n"
                    f"{log_tail(self._log)}"
                ) from error
            finally:
                self.start_up_s += time.perf_counter() - began
        return self._server

    def _discard(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class ForkedWorker:
    """A worker that the server forked; the server is its parent and tells how it ended."""

    def __init__(self, server: _Server, job_id: str, pid: int, events: int) -> None:
        self._server, self._job_id = server, job_id
        self.pid, self.events = pid, events

    def kill(self) -> None:
        """Have the server kill the worker's process group."""
        # A server that is gone took the worker along, or the kernel did.
        with contextlib.suppress(WorkerLostError):
            self._server.send({"do": KILL, "job_id": self._job_id})

    def wait(self, timeout_s: float) -> int | None:
        """Exit status as told by the server."""
        return self._server.await_exit(self._job_id, timeout_s)


class _Server:
    """The server process and the bench's end of its control socket."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self._lines = LineBuffer()
        self._ready = False
        self.unfit = ""
        self._pids: dict[str, int] = {}
        self._exits: dict[str, int] = {}
        ours, theirs = socket.socketpair()
        self._control = ours
        with theirs, log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--server", str(theirs.fileno()), "--parent", str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                # A session of its own: Ctrl-C at the terminal reaches the bench alone.
                start_new_session=True,
            )

    def await_ready(self) -> None:
        self._pump_until(lambda: self._ready, _READY_TIMEOUT_S, "to import its libraries")

    def await_start(self, job_id: str) -> int:
        self._pump_until(lambda: job_id in self._pids, _REPLY_TIMEOUT_S, "to start a worker")
        return self._pids[job_id]

    def await_exit(self, job_id: str, timeout_s: float) -> int | None:
        deadline = time.perf_counter() + timeout_s
        while job_id not in self._exits:
            left = deadline - time.perf_counter()
            if not self._pump(max(left, 0.0)) and left <= 0:
                return None
        return self._exits[job_id]

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        line = encode(message)
        try:
            sent = socket.send_fds(self._control, [line], descriptors) if descriptors else 0
            self._control.sendall(line[sent:])
        except OSError as error:
            raise WorkerLostError(f"the worker server is gone: {error}") from error

    def close(self) -> None:
        """Close the control socket, which makes the server kill its workers and exit."""
        self._control.close()
        if not self._ready:
            self.process.kill()  # it imports and does not listen yet; it has no workers either
        try:
            self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _pump_until(self, true: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.perf_counter() + timeout_s
        while not true():
            if time.perf_counter() > deadline:
                raise WorkerLostError(f"the worker server took more than {timeout_s:.0f} s {what}")
            self._pump(1.0)

    def _pump(self, timeout_s: float) -> bool:
        """Take in what the server says within the time; was there anything?"""
        readable, _, _ = select.select([self._control], [], [], timeout_s)
        if not readable:
            return False
        try:
            data = self._control.recv(65536)
        except OSError as error:
            raise WorkerLostError(f"the worker server is gone: {error}") from error
        if not data:
            raise WorkerLostError("the worker server died")
        for message in self._lines.feed(data):
            self._take(message)
        return True

    def _take(self, message: dict[str, Any]) -> None:
        reply = message.get("reply")
        if reply == READY:
            self._ready = True
            self.unfit = str(message.get("unfit", ""))
        elif reply == STARTED:
            self._pids[message["job_id"]] = int(message["pid"])
        elif reply == EXITED:
            self._exits[message["job_id"]] = int(message["status"])
