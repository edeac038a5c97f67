"""Order statistics of a stream that no single wild value can move, in bounded memory."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence


class RunningMedian:
    """The median of the last ``size`` numbers: two searches and two short moves a number."""

    __slots__ = ("_order", "_ranks", "_size")

    def __init__(self, size: int, values: Iterable[float] = ()) -> None:
        self._size = size
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
        if len(self._order) == self._size:
            del self._ranks[bisect_left(self._ranks, self._order.popleft())]
        self._order.append(value)
        insort(self._ranks, value)

    def median(self) -> float:
        """Return the median; the window must not be empty."""
        ranks = self._ranks
        middle = len(ranks) >> 1
        return ranks[middle] if len(ranks) & 1 else (ranks[middle - 1] + ranks[middle]) * 0.5

    def restart(self, values: Iterable[float]) -> None:
        """Forget everything and go on from ``values``."""
        self._order.clear()
        self._ranks.clear()
        for value in values:
            self.push(value)
