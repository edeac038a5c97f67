"""A budget of events a minute: an exact sliding window, so that no 60 seconds ever hold more than the limit.

A refusal takes nothing, what turns out to be a duplicate is given back, and a clock that steps back drains nothing.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class SlidingWindow:
    """``limit`` units in any ``window_seconds``; 0 refuses everything. Times are seconds of any steady clock."""

    limit: int
    window_seconds: float = 60.0
    _taken: deque[tuple[float, int]] = field(default_factory=deque)
    _sum: int = 0
    _latest: float = float("-inf")

    def wait_seconds(self, now: float, amount: int) -> float:
        """Return 0 when ``amount`` fits now, else the seconds until it will; infinity when it never can."""
        now = self._advance(now)
        if amount > self.limit:
            return float("inf")
        excess = self._sum + amount - self.limit
        if excess <= 0:
            return 0.0
        for at, taken in self._taken:
            excess -= taken
            if excess <= 0:
                return at + self.window_seconds - now
        raise AssertionError("the window held less than its sum")

    def take(self, now: float, amount: int) -> None:
        """Use up ``amount``; ask ``wait_seconds`` first."""
        self._taken.append((self._advance(now), amount))
        self._sum += amount

    def give_back(self, amount: int) -> None:
        """Return what was taken for nothing, the latest first."""
        while amount > 0 and self._taken:
            at, taken = self._taken.pop()
            returned = min(taken, amount)
            self._sum -= returned
            amount -= returned
            if taken > returned:
                self._taken.append((at, taken - returned))

    @property
    def idle(self) -> bool:
        """Whether nothing is held, so that the window may be forgotten."""
        return not self._taken

    def _advance(self, now: float) -> float:
        self._latest = max(self._latest, now)
        while self._taken and self._taken[0][0] <= self._latest - self.window_seconds:
            self._sum -= self._taken.popleft()[1]
        return self._latest
