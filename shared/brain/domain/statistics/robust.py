"""Order statistics of a stream that no single outlier can move, in bounded memory."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence


class RunningMedian:
    """The median of the last ``size`` numbers, at the cost of two binary searches and two short moves per number.

    ``median`` is 0 before the first number.

    Example:
        >>> window = RunningMedian(3, [1.0, 2.0, 900.0])
        >>> window.median
        2.0
        >>> window.push(3.0)
        >>> window.median, window.values
        (3.0, (2.0, 900.0, 3.0))
    """

    __slots__ = ("_size", "_sorted", "_window", "median")

    def __init__(self, size: int, values: Iterable[float] = ()) -> None:
        self._size = size
        self.median = 0.0
        self._window: deque[float] = deque()
        self._sorted: list[float] = []
        for number in values:
            self.push(number)

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def values(self) -> Sequence[float]:
        """The numbers in the window, oldest first."""
        return tuple(self._window)

    def push(self, number: float) -> None:
        """Add a number, which must not be NaN; the oldest one leaves a full window."""
        window, ordered = self._window, self._sorted
        if len(window) == self._size:
            del ordered[bisect_left(ordered, window.popleft())]
        window.append(number)
        insort(ordered, number)
        count = len(ordered)
        middle = count >> 1
        self.median = ordered[middle] if count & 1 else (ordered[middle - 1] + ordered[middle]) * 0.5

    def restart(self, values: Iterable[float]) -> None:
        """Empty the window and refill it with ``values``."""
        self._window.clear()
        self._sorted.clear()
        self.median = 0.0
        for number in values:
            self.push(number)
