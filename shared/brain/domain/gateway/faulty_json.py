"""JSON of which a part cannot be represented: the item with the fault is set apart, all others are read.

A text that was cut in the middle of a character ends in half of a surrogate pair, which becomes U+FFFD. A number that
is no number, a repeated name or a byte that is not UTF-8 is a fault of the item that contains it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from brain.domain.gateway.requests import MAX_EVENTS
from brain.domain.json_bounds import MAX_NAMES, find_excess
from brain.domain.json_text import BYTE_ORDER_MARK, parse_float
from brain.errors import BrainError, InvalidInputError

# The names under which providers list the items of a page. A fault in any other list is one of the whole object: a row
# without one of its actions would be another row.
PAGE_NAMES: Final = frozenset({
    "data", "elements", "entry", "events", "items", "list", "messages", "objects", "records", "reports", "results",
    "rows", "videos",
})  # fmt: skip
_REPEATED_NAME: Final = "expected each name once per object, got a repeated name; send one value per name"
# What ``surrogateescape`` makes of a byte that is not UTF-8.
_INVALID_BYTE: Final = re.compile("[\udc80-\udcff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SEPARATORS: Final = re.compile(r"[ \t\r\n\x1e]*")


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands for a value that cannot be represented."""

    message: str


def iterate_documents(body: bytes) -> Iterator[Any]:
    """Yield the payloads of JSON documents that follow each other, with or without white space between them.

    An item that cannot be represented is yielded as the ``InvalidInputError`` that says why. After a syntax error
    nothing more can be read: the last payload is then the error.

    Raises:
        InvalidInputError: no document can be read.
    """
    excess = find_excess(body)
    if excess:
        raise InvalidInputError(excess)
    text, is_utf8 = _decode(body.removeprefix(BYTE_ORDER_MARK))
    position = _skip_separators(text, 0)
    if position == len(text):
        raise InvalidInputError("expected JSON, got nothing")
    document_count = 0
    while position < len(text):
        try:
            document, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            rejection = _explain(error)
            if not document_count:
                raise rejection from error
            yield rejection
            return
        document_count += 1
        yield from _split_faults(document, is_utf8=is_utf8)
        position = _skip_separators(text, position)
        if document_count > MAX_EVENTS and position < len(text):
            yield InvalidInputError(f"at most {MAX_EVENTS} documents per request, got more; split the request")
            return


def _decode(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), True
    except UnicodeDecodeError:
        return body.decode("utf-8", "surrogateescape"), False


def _skip_separators(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position


def _explain(error: Exception) -> InvalidInputError:
    if isinstance(error, json.JSONDecodeError):
        return InvalidInputError(
            f"expected JSON, got a syntax error at line {error.lineno}, column {error.colno}: {error.msg}"
        )
    return InvalidInputError("expected JSON numbers of at most 4300 digits, got a longer one")


def _represent(content: Any, *, is_utf8: bool) -> Any:
    """Return a document whose texts can be encoded, or have a fault in their place."""
    if isinstance(content, str):
        return _represent_text(content, is_utf8=is_utf8) if _SURROGATE.search(content) else content
    if isinstance(content, list):
        return [_represent(element, is_utf8=is_utf8) for element in content]
    if isinstance(content, dict):
        return {_represent_name(name): _represent(member, is_utf8=is_utf8) for name, member in content.items()}
    return content


def _represent_text(text: str, *, is_utf8: bool) -> str | _Fault:
    if not is_utf8 and _INVALID_BYTE.search(text):
        return _Fault("expected UTF-8, got another encoding; send the text in UTF-8")
    return _represent_name(text)


def _represent_name(name: str) -> str:
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", name)


def _split_faults(document: Any, *, is_utf8: bool) -> Iterator[Any]:
    """Yield a document's payloads: the elements of an array, or one object without its faulty items, and the errors.

    An array stays in order, with an error in place of an element.
    """
    if isinstance(document, list):
        for element in document:
            yield _check_item(_represent(element, is_utf8=is_utf8))
        return
    errors: list[InvalidInputError] = []
    try:
        yield _remove_items(_represent(document, is_utf8=is_utf8), errors)
    except InvalidInputError as error:
        yield error
    else:
        yield from errors


def _check_item(element: Any) -> Any:
    """Return an item, or why it cannot be represented."""
    try:
        _refuse_faults(element)
    except InvalidInputError as error:
        return error
    return element


def _remove_items(page: Any, errors: list[InvalidInputError]) -> Any:
    """Return an object without those items of its pages that have a fault; raise for a fault anywhere else."""
    if not isinstance(page, dict):
        _refuse_faults(page)
        return page
    remainder: dict[str, Any] = {}
    for name, member in page.items():
        if name in PAGE_NAMES and isinstance(member, list):
            remainder[name] = _select_items(member, errors)
        elif name in PAGE_NAMES:
            remainder[name] = _remove_items(member, errors)
        else:
            _refuse_faults(member)
            remainder[name] = member
    return remainder


def _select_items(rows: list[Any], errors: list[InvalidInputError]) -> list[Any]:
    items = [_check_item(element) for element in rows]
    errors += [item for item in items if isinstance(item, InvalidInputError)]
    return [item for item in items if not isinstance(item, InvalidInputError)]


def _refuse_faults(content: Any) -> None:
    if isinstance(content, _Fault):
        raise InvalidInputError(content.message)
    if isinstance(content, dict):
        for member in content.values():
            _refuse_faults(member)
    elif isinstance(content, list):
        for element in content:
            _refuse_faults(element)


def _build_object(members: list[tuple[str, Any]]) -> dict[str, Any] | _Fault:
    if len(members) > MAX_NAMES:
        return _Fault(f"expected at most {MAX_NAMES} names per object, got {len(members)}; send a list")
    json_object = dict(members)
    if len(json_object) != len(members):
        occurrences = Counter(name for name, _ in members)
        repeated_name = occurrences.most_common(1)[0][0]
        json_object[repeated_name] = _Fault(_REPEATED_NAME)
    return json_object


def _parse_number(digits: str) -> Any:
    try:
        return parse_float(digits)
    except BrainError as error:
        return _Fault(error.message)


def _parse_integer(digits: str) -> Any:
    try:
        return int(digits)
    except ValueError:
        return _Fault("expected JSON numbers of at most 4300 digits, got a longer one")


def _build_constant_fault(constant: str) -> _Fault:
    return _Fault(f"expected a JSON number, got {constant}; send null for an unknown number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_build_object,
    parse_float=_parse_number,
    parse_int=_parse_integer,
    parse_constant=_build_constant_fault,
)
