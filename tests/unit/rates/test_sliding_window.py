"""The sliding window and the steady time behind every budget."""

from hypothesis import given
from hypothesis import strategies as st

from brain.domain.rates.window import MonotonicTime, SlidingWindow

GRAIN = 0.1


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), max_size=60))
def test_no_minute_ever_holds_more_than_the_limit_and_the_wait_is_exact(steps):
    """What was taken counts for a minute, to a tenth of a second; the wait is neither too short nor too long."""
    window, now, taken = SlidingWindow(), 0.0, []
    for gap, amount in steps:
        now += gap
        wait = window.wait_seconds(now, amount, 100)
        if wait == 0:
            window.take(now, amount)
            taken.append((now, amount))
            assert sum(n for taken_at, n in taken if taken_at > now - 60) <= 100
        else:
            held = sum(n for taken_at, n in taken if taken_at + GRAIN > now - 60)
            assert held + amount > 100
            later = SlidingWindow(window._entries.copy(), window._sum)
            assert later.wait_seconds(now + wait + 1e-6, amount, 100) == 0
            earlier = SlidingWindow(window._entries.copy(), window._sum)
            assert earlier.wait_seconds(now + max(0.0, wait - GRAIN), amount, 100) > 0


@given(st.floats(0.001, 0.2), st.integers(1, 9))
def test_a_window_of_any_traffic_keeps_at_most_six_hundred_entries(gap, amount):
    """Memory does not grow with the traffic."""
    window, now = SlidingWindow(), 0.0
    for _ in range(2000):
        now += gap
        window.take(now, amount)
    assert len(window._entries) <= 602
    assert window.total(now) == sum(taken for _, taken in window._entries)


def test_what_is_given_back_can_be_taken_again_and_never_more():
    """The latest goes first; what left the window is gone."""
    window = SlidingWindow()
    window.take(0.0, 3)
    window.take(10.0, 4)
    window.give_back(5)
    assert (window.total(10.0), window.wait_seconds(10.0, 1, 2)) == (2, 50.0)
    window.give_back(100)
    assert window.total(10.0) == 0


def test_what_never_fits_waits_for_ever():
    """More than the whole limit."""
    assert SlidingWindow().wait_seconds(0.0, 3, 2) == float("inf")


def test_a_clock_that_steps_back_stops_the_steady_time_and_no_more():
    """It goes on from there: an hour back neither drains a budget nor freezes it for an hour."""
    steady = MonotonicTime()
    assert [steady.advance(t) for t in (100.0, 101.0, 41.0, 43.5)] == [100.0, 101.0, 101.0, 103.5]


def test_a_pace_is_projected_from_what_came_since_the_oldest():
    """Ten in half a minute are twenty a minute; a burst counts as a quarter of a minute's work."""
    window = SlidingWindow()
    assert window.project_minute(0.0, 5) == 20
    window.take(0.0, 10)
    assert (window.project_minute(30.0, 0), window.project_minute(1.0, 0)) == (20, 40)
