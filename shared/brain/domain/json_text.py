"""JSON from strangers, read strictly and within bounds, and written in one canonical form that can be hashed."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from brain.errors import InvalidInputError, PayloadTooLargeError

MAX_DEPTH: Final = 64
_BOM: Final = b"\xef\xbb\xbf"
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LARGEST_EXACT_FLOAT: Final = 2.0**53


def parse_json(data: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int | None = None) -> Any:
    """Return the JSON value in ``data`` (UTF-8, a byte order mark is allowed).

    A number is its value: ``1``, ``1.0`` and ``1e0`` all read as the integer 1, so that a sender who changes its
    serializer still sends the same payload. Raises ``PayloadTooLargeError`` for more than ``max_bytes``, and
    ``InvalidInputError`` for anything that is not JSON by RFC 8259, repeats a name in one object (readers
    disagree on which value counts), nests deeper than ``max_depth``, or holds a number or character that cannot be
    kept.
    """
    if max_bytes is not None and len(data) > max_bytes:
        raise PayloadTooLargeError(f"Expected at most {max_bytes} bytes of JSON; {len(data)} came. Send fewer items.")
    body = data.removeprefix(_BOM)
    _refuse_depth(body, max_depth)
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"Expected UTF-8 text; byte {error.start} is not. Encode the body as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"Expected JSON; {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("Expected JSON with numbers of at most 4300 digits; a longer one came.") from error
    if _SURROGATE_ESCAPE.search(body):
        _refuse_lone_surrogates(value)
    return value


def parse_json_lines(data: bytes, *, max_depth: int = MAX_DEPTH) -> Iterator[Any]:
    """Yield one value for each line of NDJSON, or the ``InvalidInputError`` that tells what is wrong with that line.

    Empty lines are skipped; one bad line does not spoil the others.
    """
    for number, line in enumerate(data.removeprefix(_BOM).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield parse_json(line, max_depth=max_depth)
        except InvalidInputError as error:
            yield InvalidInputError(f"Line {number}: {error.message}")


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as UTF-8 JSON with sorted keys and no spaces; strings are kept as they came.

    Equal values that came through ``parse_json`` give equal bytes. Raises ``InvalidInputError`` for what JSON
    cannot hold (NaN, infinities, objects that are no JSON types).
    """
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"Expected a value that JSON can hold; {error}.") from error


def _refuse_depth(body: bytes, max_depth: int) -> None:
    """Look at the brackets alone, so that no depth can exhaust the stack of the reader."""
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return
    brackets = _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS)
    for _ in range(max_depth):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets:
        raise InvalidInputError(
            f"Expected JSON nested at most {max_depth} deep with matching brackets; send a flatter payload."
        )


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        canonical_json(value)
    except InvalidInputError as error:
        raise InvalidInputError(
            "Expected Unicode text; half of a surrogate pair came. Escape characters as whole pairs."
        ) from error


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise InvalidInputError("Expected each name once in an object; one came twice. Send one value for each name.")
    return names


def _finite(text: str) -> float | int:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise InvalidInputError("Expected numbers below 1.8e308; a larger one came.")
    if number.is_integer() and abs(number) <= _LARGEST_EXACT_FLOAT:
        return int(number)
    return number


def _no_constant(text: str) -> NoReturn:
    raise InvalidInputError(f"Expected JSON numbers; {text} is none. Send null for what is unknown.")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_names, parse_float=_finite, parse_constant=_no_constant)
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
