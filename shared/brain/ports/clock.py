"""The port to the time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; the clock of a test advances instead."""


class Sleep(Protocol):
    """Waits, such as ``time.sleep``."""

    def __call__(self, seconds: float, /) -> None:
        """Return after ``seconds``."""
