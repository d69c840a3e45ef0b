"""The worker's events: JSON lines on a private channel, each in one write."""

from __future__ import annotations

import os
import time
from typing import Any

from profiler.records.codec import to_json
from profiler.worker.protocol import encode


class EventWriter:
    """Writes events to a file descriptor that no library knows of.

    The kernel writes up to PIPE_BUF bytes at once, so that an event of ordinary size is there
    whole or not at all, whatever kills the process; the reader drops a longer one that was torn.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, event: str, **fields: Any) -> None:
        """Send one event with the present time and `fields` (records become JSON)."""
        line = encode({"event": event, "t": time.perf_counter(), **to_json(fields)})
        written = os.write(self._descriptor, line)
        while written < len(line):  # a pipe that was nearly full, or an event beyond its capacity
            written += os.write(self._descriptor, line[written:])
