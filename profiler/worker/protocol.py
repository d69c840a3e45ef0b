"""What the bench and its workers agree on: message names, lines, and the worker's environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Message = dict[str, Any]

# Replies of the fork server on its control socket.
READY, STARTED, EXITED = "ready", "started", "exited"
# What the bench sends to it; EOF says that the bench is gone.
RUN, KILL = "run", "kill"

# Set to "1" in the worker's environment, this lets `Job.fault` take effect.
FAULTS_VARIABLE = "SDPROF_FAULTS"

# Read by the libraries when they are loaded, hence before the server starts. PASSIVE: spinning
# OpenMP threads make a call on a shared machine up to ten times slower, and burn the CPU seconds
# that we report. sdnq compiles each layer on first use unless told otherwise.
WORKER_SETTINGS: Mapping[str, str] = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "SDNQ_USE_TORCH_COMPILE": "0",
    # By itself CUDA puts the fastest board first: the sampler, which counts as NVML does, would
    # watch another one.
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    # Asking torch whether there is CUDA then goes to NVML; otherwise it starts CUDA, and a process
    # that has done so cannot fork workers that use it.
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


def worker_environment(threads: int, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of a worker that computes with `threads` threads."""
    environment = dict(os.environ if base is None else base)
    environment.update(WORKER_SETTINGS)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = str(threads)
    # The worker runs with `-P` (a file torch.py in the user's folder must not shadow the library),
    # so the folder that holds this very package is named instead of the working folder.
    root = str(Path(__file__).resolve().parents[2])
    known = environment.get("PYTHONPATH", "")
    environment["PYTHONPATH"] = os.pathsep.join([root, known] if known else [root])
    return environment


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as one line of JSON; NaN and infinity pass (Python reads them back)."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"


class LineBuffer:
    """Bytes as they come, messages as they are complete; a torn last line is kept back."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield each complete message; a line that is not a JSON object is an error event."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.strip():
                yield _decode(line)

    @property
    def torn(self) -> bytes:
        """The bytes after the last newline: not empty where a writer died within a line."""
        return self._rest


def _decode(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if isinstance(message, dict):
        return message
    return {"event": "garbage", "text": line[:200].decode("utf-8", "replace")}
