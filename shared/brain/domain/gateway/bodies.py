"""Parses a request's body into payloads, by its content type or, where that is no help, by its first characters."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from brain.domain.json_text import parse_json, parse_json_lines
from brain.errors import InvalidInputError

FORM = "application/x-www-form-urlencoded"
JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
MAX_FORM_FIELDS = 1000


def media_type(content_type: str) -> str:
    """Return the media type of a ``Content-Type`` header, in lower case and without parameters.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def parse_body(body: bytes, content_type: str) -> Sequence[Any]:
    """Return the payloads of a body, in its order.

    A line of NDJSON that cannot be parsed is returned as the ``InvalidInputError`` that says why.

    Raises:
        InvalidInputError: the body as a whole cannot be parsed.
    """
    if not body.strip():
        raise InvalidInputError("expected a JSON object, a JSON array, NDJSON or a form, got an empty body")
    kind = media_type(content_type)
    if kind == FORM:
        return [_parse_form(body)]
    if kind in JSON_LINES:
        return list(parse_json_lines(body))
    return _parse_json(body)


def _parse_json(body: bytes) -> Sequence[Any]:
    try:
        document = parse_json(body)
    except InvalidInputError:
        lines = list(parse_json_lines(body))
        if len(lines) > 1 and isinstance(lines[0], dict):
            return lines
        raise
    return document if isinstance(document, list) else [document]


def _parse_form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FORM_FIELDS
        )
    except (UnicodeDecodeError, ValueError) as exc:
        raise InvalidInputError(f"expected form fields as name=value&name=value, got {exc}") from exc
    return dict(fields)
