"""The fork server: imports the libraries once, never computes, forks one process per job.

Forking after OpenMP has computed hangs the child in its first parallel loop, and forking with
threads is unsafe in general: hence nothing but imports happens here, in a single thread. Control
runs over a Unix socket that the bench made: a job comes as a JSON line with two file descriptors
(event pipe, log file), replies are JSON lines. Only the server waits for its children, so a pid
that it kills is never another process's.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from profiler.worker.child import die_with_parent, redirect_output, watch_life
from profiler.worker.protocol import EXITED, KILL, READY, RUN, STARTED, LineBuffer, encode

# What a child runs: the job's JSON and its event descriptor.
RunJob = Callable[[dict[str, Any], int], None]


def serve(descriptor: int, parent: int) -> NoReturn:
    """Serve jobs on the socket `descriptor` until its other end closes; `parent` is the bench."""
    # The import takes seconds in which nobody reads the socket: until it is done the kernel
    # watches over the bench. After it the end of file does, since what the kernel watches is the
    # bench's thread, which may end before the bench.
    die_with_parent(parent)
    from profiler.worker.libraries import import_libraries, unfit_to_fork

    import_libraries()
    die_with_parent(0)
    from profiler.worker.cell import run_job

    with socket.socket(fileno=descriptor) as control:
        Server(control, run_job, unfit_to_fork()).run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking the libraries down in order takes seconds, for which the bench would wait at its end.
    os._exit(0)


class Server:
    """The loop of the server: jobs in, children out."""

    def __init__(self, control: socket.socket, run_job: RunJob, unfit: str = "") -> None:
        self._control = control
        self._unfit = unfit
        self._run_job = run_job
        self._children: dict[int, str] = {}
        self._lines = LineBuffer()
        self._descriptors: list[int] = []
        # The bytes that a SIGCHLD leaves here wake the loop; its handler has nothing to do.
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        # A pipe that only the server writes to: its end is the life line where prctl is missing.
        self._life_read, self._life_write = os.pipe()

    def run(self) -> None:
        """Serve until the bench is gone, then kill what still runs."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        control = self._control.fileno()
        self._reply({"reply": READY, "unfit": self._unfit})
        try:
            while True:
                readable, _, _ = select.select([control, self._wake_read], [], [])
                if self._wake_read in readable:
                    self._drain()
                    self._reap()
                if control in readable and not self._receive():
                    return
        except (BrokenPipeError, ConnectionResetError):
            return
        finally:
            for pid in self._children:
                _kill_group(pid)

    def _drain(self) -> None:
        try:
            while os.read(self._wake_read, 4096):
                pass
        except BlockingIOError:
            pass

    def _receive(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 16)
        self._descriptors += descriptors
        for message in self._lines.feed(data):
            if message.get("do") == RUN:
                self._start(message)
            elif message.get("do") == KILL:
                self._kill(str(message["job_id"]))
        return bool(data)

    def _start(self, message: dict[str, Any]) -> None:
        events, log = self._descriptors[:2]
        del self._descriptors[:2]
        job_id, server = str(message["job"]["job_id"]), os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(message["job"], events, log, server)
        # The child does so too: whoever comes first, it has its group before a kill may come.
        with contextlib.suppress(ProcessLookupError):  # it ended already
            os.setpgid(pid, pid)
        os.close(events)
        os.close(log)
        self._children[pid] = job_id
        self._reply({"reply": STARTED, "job_id": job_id, "pid": pid})

    def _become_child(self, job: dict[str, Any], events: int, log: int, server: int) -> NoReturn:
        """Never returns: a child that fell back into the loop would be a second server."""
        status = 1
        try:
            os.setpgid(0, 0)
            die_with_parent(server)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            for descriptor in (self._wake_read, self._wake_write, self._life_write):
                os.close(descriptor)
            redirect_output(log)
            if sys.platform != "linux":
                watch_life(self._life_read)
            self._run_job(job, events)
            status = 0
        except BaseException:  # noqa: BLE001 - told in the log and by the exit status
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _kill(self, job_id: str) -> None:
        for pid, known in self._children.items():
            if known == job_id:
                _kill_group(pid)

    def _reap(self) -> None:
        for pid, job_id in list(self._children.items()):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # While the dead leader is not reaped its number is taken, so that what the cell left
            # behind in its group can be killed without hitting a stranger.
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
            del self._children[pid]
            code = os.waitstatus_to_exitcode(status)
            self._reply({"reply": EXITED, "job_id": job_id, "status": code})

    def _reply(self, message: dict[str, Any]) -> None:
        self._control.sendall(encode(message))


def _kill_group(pid: int) -> None:
    # The group is empty already; of one with only a dead process macOS says "not permitted".
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
