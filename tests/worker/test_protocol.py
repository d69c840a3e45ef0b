"""Lines, messages and the worker's environment."""

from __future__ import annotations

import math
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from profiler.worker.protocol import LineBuffer, encode, worker_environment

MESSAGES = st.lists(
    st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(), st.none())), max_size=5
)


@given(MESSAGES, st.integers(1, 7))
def test_messages_survive_any_cut_of_the_stream(messages, size):
    stream = b"".join(map(encode, messages))
    lines = LineBuffer()
    found = []
    for start in range(0, len(stream), size):
        found += lines.feed(stream[start : start + size])
    assert found == messages
    assert lines.torn == b""


def test_a_torn_last_line_is_kept_back():
    lines = LineBuffer()
    whole = encode({"event": "ready"})
    assert list(lines.feed(whole + b'{"event": "ima')) == [{"event": "ready"}]
    assert lines.torn == b'{"event": "ima'


def test_a_line_that_is_no_message_is_garbage_and_no_crash():
    found = list(LineBuffer().feed(b"hello\n[1]\n\xff\xfe\n"))
    assert [message["event"] for message in found] == ["garbage"] * 3
    assert found[0]["text"] == "hello"


def test_nan_passes():
    (message,) = LineBuffer().feed(encode({"value": math.nan}))
    assert math.isnan(message["value"])


def test_the_environment_is_set_before_any_library_loads():
    environment = worker_environment(3, {"OMP_NUM_THREADS": "7", "PYTHONPATH": "/x", "HOME": "/h"})
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["HOME"] == "/h"
    assert environment["PYTHONPATH"].endswith(":/x")


def test_the_bench_side_loads_no_heavy_library():
    code = (
        "import sys, profiler.orchestrate.bench, profiler.orchestrate.fork,"
        " profiler.orchestrate.fresh, profiler.worker.software;"
        "heavy = {'torch', 'numpy', 'diffusers', 'transformers', 'pandas', 'PIL'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env=worker_environment(1),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"
