"""Conversion of documents to JSON text and back, lossless and comparable in SQL.

A datetime becomes ``{"$time": "2026-11-22T07:30:00.000000"}`` (UTC, fixed width, so it sorts as text), bytes become
``{"$bytes": hex}``. A key of a map that starts with ``$`` gets a second one. Keys are sorted, so that equal documents
have equal texts.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TIME = "$time"
BYTES = "$bytes"


def to_text(data: Mapping[str, Any]) -> str:
    """Return the JSON text of a document."""
    return json.dumps(_encode_value(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> dict[str, Any]:
    """Return the document of a text from ``to_text``."""
    document: dict[str, Any] = json.loads(text, object_hook=_decode_map)
    return document


def format_time(time: datetime) -> str:
    """Return a time as text in UTC of fixed width, which sorts like the time."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _encode_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {("$" + key if key[:1] == "$" else key): _encode_value(field) for key, field in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_value(item) for item in value]
    if isinstance(value, datetime):
        return {TIME: format_time(value)}
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    return value


def _decode_map(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        ((key, value),) = pairs.items()
        if key == TIME:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if key == BYTES:
            return bytes.fromhex(value)
    return {(key[1:] if key[:1] == "$" else key): value for key, value in pairs.items()}
