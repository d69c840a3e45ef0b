"""Fresh workers: what is reaped is never killed again."""

from __future__ import annotations

import subprocess
import sys

from profiler.orchestrate import fresh


def test_a_worker_that_was_reaped_is_not_killed_by_its_number(monkeypatch):
    """Its process id may be a stranger's by the time the launcher is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", "raise SystemExit(7)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    worker = fresh.FreshWorker(process)
    assert worker.wait(60.0) == 7
    killed = []
    monkeypatch.setattr(fresh, "_kill_group", killed.append)
    worker.kill()
    assert worker.wait(1.0) == 7
    assert killed == []
