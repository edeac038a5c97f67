"""A clock that tests turn by hand, so that no test sleeps."""

from datetime import datetime, timedelta


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.time

    def advance(self, by: timedelta) -> datetime:
        """Move on and return the new time."""
        self.time += by
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on instead of waiting."""
        self.time += timedelta(seconds=seconds)
