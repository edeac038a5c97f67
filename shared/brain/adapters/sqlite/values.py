"""Turns documents into JSON text and back without losing a type, in a form that SQL can compare.

A datetime becomes ``{"$time": "2026-11-22T07:30:00.000000"}`` (UTC, fixed width, so it sorts as text), bytes become
``{"$bytes": hex}``. A map's own key that starts with ``$`` gets a second one. Keys are sorted, so equal documents are
equal texts.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TIME = "$time"
BYTES = "$bytes"


def to_text(data: Mapping[str, Any]) -> str:
    """Return a document's JSON text."""
    return json.dumps(_tagged(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> dict[str, Any]:
    """Return the document that ``to_text`` was given."""
    document: dict[str, Any] = json.loads(text, object_hook=_untagged)
    return document


def time_text(moment: datetime) -> str:
    """Return a time in UTC as text of fixed width that sorts as the time does."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _tagged(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {("$" + key if key[:1] == "$" else key): _tagged(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(one) for one in value]
    if isinstance(value, datetime):
        return {TIME: time_text(value)}
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    return value


def _untagged(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        ((key, value),) = pairs.items()
        if key == TIME:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if key == BYTES:
            return bytes.fromhex(value)
    return {(key[1:] if key[:1] == "$" else key): value for key, value in pairs.items()}
