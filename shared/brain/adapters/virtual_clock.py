"""A clock for demonstrations and the local server that runs faster than real time or stands still."""

import threading
import time
from datetime import datetime, timedelta


class VirtualClock:
    """A clock that starts at ``start`` and advances ``rate`` seconds per real second; at 0 it stands still."""

    def __init__(self, start: datetime, rate: float = 0.0) -> None:
        self._start = start
        self._rate = rate
        self._started_at = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the virtual time."""
        with self._lock:
            return self._start + timedelta(seconds=(time.monotonic() - self._started_at) * self._rate)

    def set(self, now: datetime) -> None:
        """Continue from ``now``."""
        with self._lock:
            self._start, self._started_at = now, time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for that long in virtual time; a clock that stands still advances instead."""
        if self._rate:
            time.sleep(seconds / self._rate)
        else:
            self.set(self.now() + timedelta(seconds=seconds))
