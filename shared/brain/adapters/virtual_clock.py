"""A clock that runs faster than time, or stands until it is set: for demonstrations and the local server."""

import threading
import time
from datetime import datetime, timedelta


class VirtualClock:
    """Starts at ``start`` and runs ``rate`` seconds a second; 0 stands still until it is moved."""

    def __init__(self, start: datetime, rate: float = 0.0) -> None:
        self._start = start
        self._rate = rate
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the virtual time."""
        with self._lock:
            return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._rate)

    def set(self, at: datetime) -> None:
        """Go on from ``at``."""
        with self._lock:
            self._start, self._began = at, time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long in virtual time; a clock that stands moves on instead."""
        if self._rate:
            time.sleep(seconds / self._rate)
        else:
            self.set(self.now() + timedelta(seconds=seconds))
