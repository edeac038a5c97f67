"""Callbacks that log events and report errors."""

from typing import Any, Protocol


class EventLogger(Protocol):
    """Writes one structured log line per event."""

    def __call__(self, event: str, *, error: BaseException | None = None, **fields: Any) -> None:
        """Log ``event`` with its fields, at the severity of ``error`` or else as information."""


class ErrorReporter(Protocol):
    """Reports an error that was contained: the named part failed and the rest of the work goes on."""

    def __call__(self, part: str, error: Exception) -> None:
        """Report that ``part`` failed with ``error``."""
