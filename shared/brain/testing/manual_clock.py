"""A clock that a test sets, so that no test sleeps."""

from datetime import datetime, timedelta


class ManualClock:
    """A ``Clock`` that stands still until a test moves it.

    Args:
        start: The time that ``now`` returns first; it must have a time zone.

    Example:
        >>> from datetime import UTC, datetime, timedelta
        >>> clock = ManualClock(datetime(2026, 11, 23, 8, tzinfo=UTC))
        >>> clock.advance(timedelta(minutes=30)).isoformat()
        '2026-11-23T08:30:00+00:00'
        >>> clock.sleep(90)
        >>> clock.now().isoformat()
        '2026-11-23T08:31:30+00:00'
    """

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        """Return the current time of this clock."""
        return self.time

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward by a duration and return the new time."""
        self.time += by
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move the clock forward by ``seconds`` instead of waiting."""
        self.time += timedelta(seconds=seconds)
