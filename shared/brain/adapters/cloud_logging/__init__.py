"""Logs as JSON lines in Cloud Logging's own fields, by structlog; what a person sent is never in them.

An unexpected exception is logged by its type and the places it passed, without its message: messages of libraries
quote the values that they dislike.
"""

import os
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from brain.errors import BrainError, ErrorSeverity

TRACE = "logging.googleapis.com/trace"
LABELS = "logging.googleapis.com/labels"
FRAMES = 6


def get_log(component: str) -> Any:
    """Return a logger whose lines carry ``component``; called with an event name and fields."""
    return structlog.wrap_logger(
        structlog.PrintLogger(),
        processors=[structlog.contextvars.merge_contextvars, _fields, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.BoundLogger,
        component=component,
    )


def _fields(_: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Put an entry into Cloud Logging's fields: severity, message, trace, labels."""
    entry: dict[str, Any] = {"severity": method.upper(), "message": event.pop("event", "")}
    error = event.pop("error", None)
    if isinstance(error, BaseException):
        entry |= _error(error)
    trace, correlation = event.pop("trace_id", None), event.pop("correlation_id", None)
    project = os.environ.get("BRAIN_PROJECT")
    if trace and project:
        entry[TRACE] = f"projects/{project}/traces/{trace}"
    labels = {"component": event.pop("component", ""), "correlation_id": correlation}
    entry[LABELS] = {name: value for name, value in labels.items() if value}
    return {**entry, **event}


def _error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, BrainError):
        context = {name: str(value) for name, value in error.context.items()}
        known = {"error_code": error.code, "error": error.message, "category": str(error.category), "context": context}
        return {"severity": str(error.severity), **known}
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"severity": str(ErrorSeverity.ERROR), "error_type": type(error).__name__, "places": places}


def event_logger(component: str) -> Any:
    """Return ``log(event, *, error=None, **fields)``: errors at their own severity, the rest as information."""

    def log(event: str, *, error: BaseException | None = None, **fields: Any) -> None:
        logger = get_log(component)
        if error is None:
            logger.info(event, **fields)
        else:
            logger.error(event, error=error, **fields)

    return log
