"""An exact sliding window over one minute, so that no 60 seconds ever hold more units than allowed.

A refusal takes nothing, what turns out to be a duplicate is given back, and a clock that steps back drains nothing.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Final

WINDOW_SECONDS: Final = 60.0
# Units taken within one tick count from its end: none returns early, and a window has at most 601 entries.
TICKS_PER_SECOND: Final = 10


@dataclass(slots=True)
class MonotonicTime:
    """Seconds that follow a wall clock forwards and stand still while it steps back."""

    _wall_seconds: float | None = None
    _seconds: float = 0.0

    def advance(self, wall_seconds: float) -> float:
        """Return the monotonic time of a reading of the wall clock; call it in the order of the readings."""
        if self._wall_seconds is None:
            self._seconds = wall_seconds
        else:
            self._seconds += max(0.0, wall_seconds - self._wall_seconds)
        self._wall_seconds = wall_seconds
        return self._seconds


@dataclass(slots=True)
class SlidingWindow:
    """The units taken within the last 60 seconds; all times are monotonic seconds."""

    _entries: deque[tuple[float, int]] = field(default_factory=deque)
    _sum: int = 0

    def total(self, now: float) -> int:
        """Return the number of units in the window."""
        while self._entries and self._entries[0][0] <= now - WINDOW_SECONDS:
            self._sum -= self._entries.popleft()[1]
        return self._sum

    def project_minute(self, now: float, amount: int) -> float:
        """Return how many units a whole minute would hold at the rate since the oldest entry, ``amount`` included.

        The rate is measured over at least a quarter of a minute, so that a burst is not extrapolated.
        """
        total = self.total(now) + amount
        age = now - self._entries[0][0] if self._entries else 0.0
        return total * WINDOW_SECONDS / max(age, WINDOW_SECONDS / 4)

    def wait_seconds(self, now: float, amount: int, limit: int) -> float:
        """Return 0 when ``amount`` fits under ``limit`` now, else the seconds until it does; infinity for never."""
        excess = self.total(now) + amount - limit
        if excess <= 0:
            return 0.0
        for taken_at, units in self._entries:
            excess -= units
            if excess <= 0:
                return taken_at + WINDOW_SECONDS - now
        return inf

    def take(self, now: float, amount: int) -> None:
        """Add ``amount`` to the window; call ``wait_seconds`` first."""
        self.total(now)
        tick = ceil(now * TICKS_PER_SECOND) / TICKS_PER_SECOND
        if self._entries and self._entries[-1][0] >= tick:
            latest, units = self._entries.pop()
            self._entries.append((latest, units + amount))
        else:
            self._entries.append((tick, amount))
        self._sum += amount

    def give_back(self, amount: int) -> None:
        """Return units that were taken in vain, the latest first; those that left the window are not returned."""
        while amount > 0 and self._entries:
            taken_at, units = self._entries.pop()
            returned = min(units, amount)
            self._sum -= returned
            amount -= returned
            if units > returned:
                self._entries.append((taken_at, units - returned))
