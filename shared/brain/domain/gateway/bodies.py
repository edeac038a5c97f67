"""Reads a request's body into payloads, by its content type and, where that says nothing, by its looks."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from brain.domain.json_text import parse_json, parse_json_lines
from brain.errors import InvalidInputError

FORM = "application/x-www-form-urlencoded"
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
MAX_FORM_FIELDS = 1000


def payloads(body: bytes, content_type: str) -> Sequence[Any]:
    """Return the payloads of a body, in their order.

    A payload that could not be read, in NDJSON, is the ``InvalidInputError`` that says why.

    Raises:
        InvalidInputError: the body as a whole cannot be read.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        raise InvalidInputError("expected a JSON object, a JSON array, NDJSON or a form; the body is empty")
    if kind == FORM:
        return [_form(body)]
    if kind in LINES:
        return list(parse_json_lines(body))
    return _json(body)


def _json(body: bytes) -> Sequence[Any]:
    try:
        value = parse_json(body)
    except InvalidInputError:
        lines = list(parse_json_lines(body))
        if len(lines) > 1 and isinstance(lines[0], dict):
            return lines
        raise
    return value if isinstance(value, list) else [value]


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FORM_FIELDS
        )
    except (UnicodeDecodeError, ValueError) as exc:
        raise InvalidInputError(f"expected form fields as name=value&…: {exc}") from exc
    return dict(fields)
