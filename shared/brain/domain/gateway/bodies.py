"""Parses a request's body into payloads, by its content type or, where that is no help, by its first characters."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from brain.domain.gateway.faulty_json import iterate_documents
from brain.domain.gateway.requests import MAX_EVENTS
from brain.domain.json_bounds import find_many_values_in_all
from brain.domain.json_text import BYTE_ORDER_MARK, parse_json
from brain.errors import InvalidInputError, PayloadTooLargeError

FORM: Final = "application/x-www-form-urlencoded"
GZIP: Final = "application/gzip"
JSON_LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
MAX_FORM_FIELDS: Final = 1000
MAX_LINES: Final = 20_000
"""Empty ones included; the events in them have a limit of their own."""
MANDRILL_FIELD: Final = "mandrill_events"
# The fields in which forms carry JSON; Slack, GitHub and others use payload.
JSON_FIELDS: Final = ("payload", MANDRILL_FIELD, "data", "events", "event", "json", "body")
CSV: Final = frozenset({"text/csv", "application/csv"})
_KEEP_BYTES: Final = "surrogateescape"
_JSON_STARTS: Final = (b"{", b"[")


def media_type(content_type: str) -> str:
    """Return the media type of a ``Content-Type`` header, in lower case and without parameters.

    >>> media_type("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def is_form(body: bytes, content_type: str) -> bool:
    """Whether a body has form fields; curl and others call JSON a form when nobody says what it is.

    >>> is_form(b"event=open", FORM), is_form(b'[{"event": "open"}]', FORM)
    (True, False)
    """
    return media_type(content_type) == FORM and not body.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(_JSON_STARTS)


def parse_body(body: bytes, content_type: str) -> Sequence[Any]:
    """Return the payloads of a body, in its order.

    An item that cannot be read, such as a line of NDJSON, is returned as the ``InvalidInputError`` that says why. Of
    more than 2,000 documents the rest is returned as one error.

    Raises:
        InvalidInputError: the body as a whole cannot be parsed.
        PayloadTooLargeError: it has more values or lines than a request may have; nothing was built of it.
    """
    if not body.strip():
        raise InvalidInputError("expected a JSON object, a JSON array, NDJSON or a form, got an empty body")
    kind = media_type(content_type)
    if kind == GZIP:
        raise InvalidInputError("expected a gzip body, got one that is cut off or not gzip; send the body again")
    if is_form(body, content_type):
        return _parse_form(body)
    if kind in JSON_LINES:
        _check_values(body)
        return _collect(_iterate_lines(body))
    if kind in CSV and not body.lstrip().startswith(_JSON_STARTS):
        raise InvalidInputError("expected JSON, got CSV; import it with `brain ingest`, or send its rows as JSON")
    return _parse_json(body)


def _parse_json(body: bytes) -> Sequence[Any]:
    _check_values(body)
    try:
        document = parse_json(body)
    except InvalidInputError as error:
        return _parse_faulty_json(body, error)
    return document if isinstance(document, list) else [document]


def _parse_faulty_json(body: bytes, error: InvalidInputError) -> Sequence[Any]:
    """Return the payloads of JSON with faulty items, of several documents, or of NDJSON with faulty lines."""
    if _starts_with_an_object(body):
        return _collect(_iterate_lines(body))
    try:
        payloads = _collect(iterate_documents(body))
    except InvalidInputError:
        raise error from None
    if payloads and isinstance(payloads[0], dict | list | InvalidInputError):
        return payloads
    raise error


def _starts_with_an_object(body: bytes) -> bool:
    """Return whether the first of several lines is an object of its own, as in NDJSON."""
    first, _, others = body.strip().partition(b"\n")
    if not others:
        return False
    try:
        return isinstance(parse_json(first), dict)
    except InvalidInputError:
        return False


def _iterate_lines(body: bytes) -> Iterator[Any]:
    """Yield the payloads of every line that is not empty; a faulty line does not affect the others."""
    line_count = body.count(b"\n") + 1
    if line_count > MAX_LINES:
        raise PayloadTooLargeError(f"at most {MAX_LINES} lines per request, got {line_count}; split the request")
    for line_number, line in enumerate(body.removeprefix(BYTE_ORDER_MARK).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield parse_json(line)
        except InvalidInputError as error:
            for payload in _parse_faulty_line(line, error):
                is_error = isinstance(payload, InvalidInputError)
                yield InvalidInputError(f"line {line_number}: {payload.message}") if is_error else payload


def _parse_faulty_line(line: bytes, error: InvalidInputError) -> Sequence[Any]:
    try:
        return _collect(iterate_documents(line))
    except InvalidInputError:
        return [error]


def _check_values(*texts: bytes) -> None:
    """Check the number of values of the body as a whole; the parser checks what else a document may have."""
    excess = find_many_values_in_all(texts)
    if excess:
        raise PayloadTooLargeError(excess)


def _collect(payloads: Iterable[Any]) -> list[Any]:
    """Return the payloads, of too many the first ones and an error, so that a body of tiny ones costs little."""
    iterator = iter(payloads)
    collected = list(islice(iterator, MAX_EVENTS))
    if next(iterator, None) is not None:
        collected.append(InvalidInputError(f"at most {MAX_EVENTS} documents per request, got more; split the request"))
    return collected


def _parse_form(body: bytes) -> Sequence[Any]:
    """Return the fields of a form as one payload, or the payloads of the JSON that one of them contains."""
    bare = _find_bare_json(body)
    if bare is not None:
        return _parse_json(bare)
    try:
        fields = parse_qsl(
            body.decode("utf-8", _KEEP_BYTES),
            keep_blank_values=True,
            strict_parsing=True,
            errors=_KEEP_BYTES,
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError as exc:
        raise InvalidInputError(f"expected form fields as name=value&name=value, got {exc}") from exc
    return _parse_fields(body, fields)


def _parse_fields(body: bytes, fields: Sequence[tuple[str, str]]) -> Sequence[Any]:
    """Return the JSON in the fields of a form, else the fields; Mandrill's empty batch is for its feed to recognize.

    A byte that is not UTF-8 is a fault of the item of JSON that has it; plain fields are one item.
    """
    texts = [text for name, text in fields if name in JSON_FIELDS and _is_json_text(text)]
    documents = [text.encode("utf-8", _KEEP_BYTES) for text in texts]
    _check_values(*documents)
    payloads = [payload for document in documents for payload in _parse_json(document)]
    is_empty_batch = documents and MANDRILL_FIELD not in dict(fields)
    return payloads if payloads or is_empty_batch else [_represent_plain(body, fields)]


def _is_json_text(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _represent_plain(body: bytes, fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return plain fields, in which an escaped byte that is not UTF-8 becomes U+FFFD."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise InvalidInputError(f"expected form fields as name=value&name=value, got {exc}") from exc
    return {_represent(name): _represent(text) for name, text in fields}


def _represent(text: str) -> str:
    return text.encode("utf-8", _KEEP_BYTES).decode("utf-8", "replace")


def _find_bare_json(body: bytes) -> bytes | None:
    """Return JSON that was encoded as a form without a field's name, as some libraries send it; None for fields."""
    name, _, rest = body.partition(b"=")
    if rest or b"&" in name or not name.startswith((b"%7B", b"%7b", b"%5B", b"%5b")):
        return None
    return unquote_plus(name.decode("latin-1")).encode()
