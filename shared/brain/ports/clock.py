"""The time, as something that is passed in."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; a clock of a test moves on instead."""
