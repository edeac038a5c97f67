"""A budget of units a minute: an exact sliding window, so that no 60 seconds ever hold more than was allowed.

A refusal takes nothing, what turns out to be a duplicate is given back, and a clock that steps back drains nothing.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Final

WINDOW_SECONDS: Final = 60.0
# What is taken within one grain counts from its end: nothing returns early, and a window has at most 601 entries.
GRAINS_A_SECOND: Final = 10


@dataclass(slots=True)
class SteadyTime:
    """Seconds that follow a clock forwards and stand still while it steps back."""

    _clock: float | None = None
    _seconds: float = 0.0

    def at(self, clock: float) -> float:
        """Return the steady time at a reading of the clock; readings come in the order in which they were made."""
        self._seconds = clock if self._clock is None else self._seconds + max(0.0, clock - self._clock)
        self._clock = clock
        return self._seconds


@dataclass(slots=True)
class SlidingWindow:
    """What was taken within the last 60 seconds; times are steady seconds that never fall."""

    _taken: deque[tuple[float, int]] = field(default_factory=deque)
    _sum: int = 0

    def held(self, now: float) -> int:
        """Return how much the window holds."""
        while self._taken and self._taken[0][0] <= now - WINDOW_SECONDS:
            self._sum -= self._taken.popleft()[1]
        return self._sum

    def projected(self, now: float, amount: int) -> float:
        """Return what a whole minute would hold, ``amount`` included, at the pace seen since the oldest unit came.

        Less than a quarter of a minute is taken for a quarter, so that a burst is not taken for a pace.
        """
        held = self.held(now) + amount
        age = now - self._taken[0][0] if self._taken else 0.0
        return held * WINDOW_SECONDS / max(age, WINDOW_SECONDS / 4)

    def wait_seconds(self, now: float, amount: int, limit: int) -> float:
        """Return 0 when ``amount`` fits under ``limit`` now, else the seconds until it will; infinity for never."""
        excess = self.held(now) + amount - limit
        if excess <= 0:
            return 0.0
        for at, taken in self._taken:
            excess -= taken
            if excess <= 0:
                return at + WINDOW_SECONDS - now
        return inf

    def take(self, now: float, amount: int) -> None:
        """Use up ``amount``; ask ``wait_seconds`` first."""
        self.held(now)
        at = ceil(now * GRAINS_A_SECOND) / GRAINS_A_SECOND
        if self._taken and self._taken[-1][0] >= at:
            at, taken = self._taken.pop()
            self._taken.append((at, taken + amount))
        else:
            self._taken.append((at, amount))
        self._sum += amount

    def give_back(self, amount: int) -> None:
        """Return what was taken for nothing, the latest first; what has left the window already is not returned."""
        while amount > 0 and self._taken:
            at, taken = self._taken.pop()
            returned = min(taken, amount)
            self._sum -= returned
            amount -= returned
            if taken > returned:
                self._taken.append((at, taken - returned))
