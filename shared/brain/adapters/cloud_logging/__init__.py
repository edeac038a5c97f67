"""Structured logs as JSON lines with the fields of Cloud Logging, written by structlog.

An unexpected exception is logged by its type and stack frames but without its message, because messages of libraries
quote the values they reject and so may contain personal data.
"""

import os
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from brain.errors import BrainError, ErrorSeverity
from brain.ports.logger import EventLogger

TRACE = "logging.googleapis.com/trace"
LABELS = "logging.googleapis.com/labels"
MAX_FRAMES = 6


def build_event_logger(component: str, *, to_stderr: bool = False) -> EventLogger:
    """Return a logger whose lines carry ``component``; an error is logged at its own severity."""

    def log(event: str, *, error: BaseException | None = None, **fields: Any) -> None:
        # Looked up for each entry: the functions framework replaces the streams.
        logger = _open_logger(component, sys.stderr if to_stderr else sys.stdout)
        if error is None:
            logger.info(event, **fields)
        else:
            logger.error(event, error=error, **fields)

    return log


def _open_logger(component: str, stream: TextIO) -> Any:
    return structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.contextvars.merge_contextvars,
            _build_entry,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.BoundLogger,
        component=component,
    )


def _build_entry(_logger: Any, method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a log entry in Cloud Logging's names: severity, message, trace and labels."""
    entry: dict[str, Any] = {"severity": method.upper(), "message": fields.pop("event", "")}
    error = fields.pop("error", None)
    if isinstance(error, BaseException):
        entry |= _describe_error(error)
    trace, correlation_id = fields.pop("trace_id", None), fields.pop("correlation_id", None)
    project = os.environ.get("BRAIN_PROJECT")
    if trace and project:
        entry[TRACE] = f"projects/{project}/traces/{trace}"
    labels = {"component": fields.pop("component", ""), "correlation_id": correlation_id}
    entry[LABELS] = {name: label for name, label in labels.items() if label}
    return {**entry, **fields}


def _describe_error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, BrainError):
        return {
            "severity": str(error.severity),
            "error_code": error.code,
            "error": error.message,
            "category": str(error.category),
            "context": {name: str(detail) for name, detail in error.context.items()},
        }
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"severity": str(ErrorSeverity.ERROR), "error_type": type(error).__name__, "places": places}
