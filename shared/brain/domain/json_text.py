"""Strict, bounded parsing of untrusted JSON, and one canonical form of it for hashing."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from brain.domain.json_bounds import MAX_NAMES, MAX_NUMBER_CHARACTERS, MAX_VALUES, find_excess
from brain.errors import InvalidInputError

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_MAX_EXACT_FLOAT: Final = 2.0**53


def parse_json(data: bytes, *, max_values: int | None = MAX_VALUES) -> Any:
    """Parse UTF-8 JSON, with or without a byte order mark.

    A number is its value: ``1``, ``1.0`` and ``1e0`` are all parsed as the integer 1, so that a sender who changes the
    serializer still sends the same payload.

    Args:
        data: The JSON text.
        max_values: How many values it may have; None for a file, whose size its owner chose.

    Raises:
        InvalidInputError: The data is not JSON by RFC 8259, repeats a name in one object (readers disagree on which one
            counts), exceeds a bound of ``json_bounds``, or has a number or character that cannot be represented.

    >>> parse_json(b'{"likes": 3.0}')
    {'likes': 3}
    """
    body = data.removeprefix(BYTE_ORDER_MARK)
    excess = find_excess(body, len(body) if max_values is None else max_values)
    if excess:
        raise InvalidInputError(excess)
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
    start, line_number = 0, 0
    body = data.removeprefix(BYTE_ORDER_MARK)
    while start <= len(body):
        end = body.find(b"\n", start)
        line, start = body[start : end if end >= 0 else None], (end if end >= 0 else len(body)) + 1
        line_number += 1
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


def _check_surrogates(document: Any) -> None:
    try:
        encode_canonical_json(document)
    except InvalidInputError as error:
        raise InvalidInputError("expected Unicode text, got half of a surrogate pair; escape whole pairs") from error


def _build_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members) > MAX_NAMES:
        raise InvalidInputError(f"expected at most {MAX_NAMES} names per object, got {len(members)}; send a list")
    json_object = dict(members)
    if len(json_object) != len(members):
        raise InvalidInputError("expected each name once per object, got a repeated name; send one value per name")
    return json_object


def parse_float(digits: str) -> float | int:
    """Return the value of a JSON number with a fraction or an exponent; raises ``InvalidInputError`` for infinity."""
    if len(digits) > MAX_NUMBER_CHARACTERS:
        raise InvalidInputError(
            f"expected JSON numbers of at most {MAX_NUMBER_CHARACTERS} characters, got {len(digits)}; send fewer digits"
        )
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
