"""Ctrl-C held back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from profiler.orchestrate.interrupt import stoppable, uninterrupted


def interrupted(then, number=signal.SIGINT):
    """A block that is interrupted before it is through."""
    with uninterrupted():
        os.kill(os.getpid(), number)
        then()


def test_an_interrupt_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(lambda: done.append(True))
    assert done


def test_afterwards_an_interrupt_works_as_before():
    with uninterrupted():
        pass
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_error_of_the_block_comes_first():
    with pytest.raises(ValueError, match="invalid literal"):
        interrupted(lambda: int("x"))


def test_other_threads_are_left_alone():
    seen = []

    def work():
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_sigterm_ends_a_stoppable_block_as_an_interrupt_and_waits_as_one():
    done = []
    with pytest.raises(KeyboardInterrupt), stoppable():
        interrupted(lambda: done.append(True), signal.SIGTERM)
    assert done
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable(), uninterrupted():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
