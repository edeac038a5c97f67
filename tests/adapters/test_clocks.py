"""The clocks of machines and demonstrations: what time it is, and what waiting means."""

import time
from datetime import UTC, datetime, timedelta

from brain.adapters.system_clock import SystemClock
from brain.adapters.virtual_clock import VirtualClock

START = datetime(2026, 8, 31, tzinfo=UTC)


def measure_sleep(clock: SystemClock | VirtualClock, seconds: float) -> tuple[float, timedelta]:
    """Sleep, and return the real seconds and the clock's own time that passed."""
    started_at, before = time.monotonic(), clock.now()
    clock.sleep(seconds)
    return time.monotonic() - started_at, clock.now() - before


def test_the_clock_of_the_machine_waits_and_tells_utc() -> None:
    """Its time is aware."""
    real_seconds, _ = measure_sleep(SystemClock(), 0.02)
    assert real_seconds >= 0.02
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_clock_that_stands_still_advances_instead_of_waiting() -> None:
    """An hour takes no time."""
    clock = VirtualClock(START)
    assert clock.now() == START
    real_seconds, passed = measure_sleep(clock, 3600)
    assert real_seconds < 60
    assert passed == timedelta(hours=1)


def test_a_fast_clock_waits_the_shorter_time() -> None:
    """At a thousand times the speed, 20 seconds are 20 thousandths of one."""
    real_seconds, passed = measure_sleep(VirtualClock(START, rate=1000), 20)
    assert 0.02 <= real_seconds < 10
    assert passed >= timedelta(seconds=20)


def test_a_clock_that_was_set_goes_on_from_there() -> None:
    """At its own speed."""
    clock = VirtualClock(START)
    clock.set(START + timedelta(days=3))
    assert clock.now() == START + timedelta(days=3)
