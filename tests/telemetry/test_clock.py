"""The real clock: wakes when told, and does not wait for the past."""

import threading
import time

from profiler.telemetry.clock import SteadyClock


def test_a_deadline_in_the_past_does_not_wait() -> None:
    clock = SteadyClock()
    assert clock.wait_until(clock.now() - 5.0) is False


def test_stop_wakes_a_sleeper_and_lasts() -> None:
    clock = SteadyClock()
    told: list[bool] = []
    sleeper = threading.Thread(target=lambda: told.append(clock.wait_until(clock.now() + 3600)))
    sleeper.start()
    clock.stop()
    sleeper.join(60)
    assert told == [True]
    assert clock.wait_until(clock.now() + 3600) is True


def test_it_is_the_clock_of_the_windows() -> None:
    before = time.perf_counter()
    assert before <= SteadyClock().now() <= time.perf_counter()
