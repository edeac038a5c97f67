"""Order statistics of a stream that no single wild value can move, in bounded memory."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence


class RunningMedian:
    """The median of the last ``size`` numbers: two searches and two short moves a number.

    ``median`` is 0 before the first number.
    """

    __slots__ = ("_order", "_ranks", "_size", "median")

    def __init__(self, size: int, values: Iterable[float] = ()) -> None:
        self._size = size
        self.median = 0.0
        self._order: deque[float] = deque()
        self._ranks: list[float] = []
        for value in values:
            self.push(value)

    def __len__(self) -> int:
        return len(self._ranks)

    @property
    def values(self) -> Sequence[float]:
        """The numbers in the window, oldest first."""
        return tuple(self._order)

    def push(self, value: float) -> None:
        """Take one number, which must not be NaN; the oldest leaves when the window is full."""
        order, ranks = self._order, self._ranks
        if len(order) == self._size:
            del ranks[bisect_left(ranks, order.popleft())]
        order.append(value)
        insort(ranks, value)
        count = len(ranks)
        middle = count >> 1
        self.median = ranks[middle] if count & 1 else (ranks[middle - 1] + ranks[middle]) * 0.5

    def restart(self, values: Iterable[float]) -> None:
        """Forget everything and go on from ``values``."""
        self._order.clear()
        self._ranks.clear()
        self.median = 0.0
        for value in values:
            self.push(value)
