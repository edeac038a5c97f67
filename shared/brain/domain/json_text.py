"""Strict, bounded parsing of untrusted JSON, and one canonical form of it for hashing."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from brain.errors import InvalidInputError

MAX_DEPTH: Final = 64
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NON_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_MAX_EXACT_FLOAT: Final = 2.0**53


def parse_json(data: bytes) -> Any:
    """Parse UTF-8 JSON, with or without a byte order mark.

    A number is its value: ``1``, ``1.0`` and ``1e0`` are all parsed as the integer 1, so that a sender who changes the
    serializer still sends the same payload.

    Raises:
        InvalidInputError: The data is not JSON by RFC 8259, repeats a name in one object (readers disagree on which one
            counts), is nested deeper than ``MAX_DEPTH``, or has a number or character that cannot be represented.

    >>> parse_json(b'{"likes": 3.0}')
    {'likes': 3}
    """
    body = data.removeprefix(BYTE_ORDER_MARK)
    check_depth(body)
    try:
        document = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"expected UTF-8, got other bytes at byte {error.start}; encode it as UTF-8") from error
    except json.JSONDecodeError as error:
        message = f"expected JSON, got a syntax error at line {error.lineno}, column {error.colno}: {error.msg}"
        raise InvalidInputError(message) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("expected JSON numbers of at most 4300 digits, got a longer one") from error
    if _SURROGATE_ESCAPE.search(body):
        _check_surrogates(document)
    return document


def parse_json_lines(data: bytes) -> Iterator[Any]:
    """Yield one parsed document per line of NDJSON, or the ``InvalidInputError`` of that line.

    Empty lines are skipped; an invalid line does not affect the others.
    """
    for line_number, line in enumerate(data.removeprefix(BYTE_ORDER_MARK).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield parse_json(line)
        except InvalidInputError as error:
            yield InvalidInputError(f"line {line_number}: {error.message}")


def encode_canonical_json(document: Any) -> bytes:
    """Serialize to UTF-8 JSON with sorted keys and no spaces; strings are not normalized.

    Equal documents from ``parse_json`` give equal bytes.

    Raises:
        InvalidInputError: The document has something that JSON cannot represent, such as NaN or a set.

    >>> encode_canonical_json({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    try:
        return _ENCODER.encode(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"expected values that JSON can represent, got an error: {error}") from error


def check_depth(body: bytes) -> None:
    """Check the brackets alone, so that no nesting can exhaust the stack of the parser.

    Raises:
        InvalidInputError: The brackets are nested deeper than ``MAX_DEPTH``, or do not match.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRING.sub(b"", body).translate(None, _NON_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets:
        raise InvalidInputError(
            f"expected JSON nested at most {MAX_DEPTH} levels deep with matching brackets, got other brackets; "
            "send a flatter payload"
        )


def _check_surrogates(document: Any) -> None:
    try:
        encode_canonical_json(document)
    except InvalidInputError as error:
        raise InvalidInputError("expected Unicode text, got half of a surrogate pair; escape whole pairs") from error


def _build_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    json_object = dict(members)
    if len(json_object) != len(members):
        raise InvalidInputError("expected each name once per object, got a repeated name; send one value per name")
    return json_object


def parse_float(digits: str) -> float | int:
    """Return the value of a JSON number with a fraction or an exponent; raises ``InvalidInputError`` for infinity."""
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise InvalidInputError("expected numbers below 1.8e308, got a larger one")
    if number.is_integer() and abs(number) <= _MAX_EXACT_FLOAT:
        return int(number)
    return number


def _reject_constant(constant: str) -> NoReturn:
    raise InvalidInputError(f"expected a JSON number, got {constant}; send null for an unknown number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_build_object, parse_float=parse_float, parse_constant=_reject_constant
)
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
