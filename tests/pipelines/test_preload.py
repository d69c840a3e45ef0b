"""After preload a process may still fork children that compute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig

import pytest

CHILD_SECONDS = 60

SCRIPT = f"""
import json, os, signal, sys
from profiler.pipelines.preload import preload
preload()
names = ("torch", "diffusers", "transformers", "profiler.compress.apply")
told = {{"loaded": [name for name in names if name in sys.modules]}}
if os.path.isdir("/proc/self/task"):
    told["threads"] = len(os.listdir("/proc/self/task"))
before = set(sys.modules)
preload()
told["second_time"] = sorted(set(sys.modules) - before)
pid = os.fork()
if pid == 0:
    signal.alarm({CHILD_SECONDS})  # a child that hangs is killed, and seen as such
    import torch
    torch.set_num_threads(2)
    square = torch.ones(600, 600)
    os._exit(0 if (square @ square).sum().item() == 600.0**3 else 1)
told["child"] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print("told:" + json.dumps(told))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_it_imports_everything_starts_no_thread_and_children_can_compute():
    # OpenBLAS starts a thread of its own per core on import, and survives a fork.
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    told = json.loads(done.stdout.rpartition("told:")[2])
    assert told["loaded"] == ["torch", "diffusers", "transformers", "profiler.compress.apply"]
    assert told["second_time"] == []
    assert told["child"] == 0
    if "linux" in sysconfig.get_platform():
        assert told["threads"] == 1
