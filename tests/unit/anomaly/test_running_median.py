"""The running median is the median of the window, whatever comes."""

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from brain.domain.statistics.robust import RunningMedian

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=40)


@given(values=NUMBERS, size=st.integers(1, 12))
def test_it_is_the_median_of_the_last_numbers(values, size):
    """After each number, over the last ``size`` of them."""
    running = RunningMedian(size)
    for count, value in enumerate(values, 1):
        running.push(value)
        window = values[max(0, count - size) : count]
        assert (running.median, list(running.values), len(running)) == (median(window), window, len(window))


@given(values=NUMBERS, start=NUMBERS)
def test_it_can_start_over(values, start):
    """From other numbers, as if they had been the first."""
    running = RunningMedian(50, values)
    running.restart(start)
    assert running.median == median(start)
