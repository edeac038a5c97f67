"""Budgets of this instance: events a client and in all, and requests an address that failed to authenticate."""

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from brain.domain.rates import SlidingWindow
from brain.errors import PayloadTooLargeError, RateLimitedError
from brain.ports.clock import Clock

REMEMBERED = 10_000


@dataclass(slots=True)
class RateLimits:
    """Takes from the client's and the global budget together or from neither."""

    clock: Clock
    events_a_client: int = 1000
    events_in_all: int = 10_000
    failures_an_address: int = 100
    _windows: OrderedDict[str, SlidingWindow] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_events(self, client_id: str, amount: int) -> None:
        """Take ``amount`` events.

        Raises:
            RateLimitedError: a budget is used up; nothing was taken.
            PayloadTooLargeError: more than a whole minute's budget in one request.
        """
        with self._lock:
            self._take({f"client:{client_id}": self.events_a_client, "all": self.events_in_all}, amount)

    def give_back_events(self, client_id: str, amount: int) -> None:
        """Return what duplicates and failures took."""
        with self._lock:
            for key in (f"client:{client_id}", "all"):
                if key in self._windows:
                    self._windows[key].give_back(amount)

    def count_failure(self, address: str) -> None:
        """Count a failed authentication; raises ``RateLimitedError`` for an address that keeps guessing."""
        with self._lock:
            self._take({f"address:{address}": self.failures_an_address}, 1)

    def _take(self, limits: dict[str, int], amount: int) -> None:
        now = self.clock.now().timestamp()
        windows = [self._window(key, limit) for key, limit in limits.items()]
        wait = max(window.wait_seconds(now, amount) for window in windows)
        if math.isinf(wait):
            raise PayloadTooLargeError(f"expected at most {min(limits.values())} events at once, {amount} came; split")
        if wait > 0:
            raise RateLimitedError(
                f"the budget is used up; send again after {math.ceil(wait)} seconds", retry_after_seconds=wait
            )
        for window in windows:
            window.take(now, amount)

    def _window(self, key: str, limit: int) -> SlidingWindow:
        """Return the key's window; of too many, those that hold nothing any more or were used longest ago go."""
        window = self._windows.setdefault(key, SlidingWindow(limit))
        self._windows.move_to_end(key)
        while len(self._windows) > REMEMBERED:
            self._windows.popitem(last=False)
        return window
