"""Sizes of documents and values in bytes, as Firestore counts them, with the checks of what it can store.

The limits are those of Firestore's pages on quotas and storage size. Where these leave room, the stricter reading
applies: a map counts 32 bytes of overhead, as a document does. In addition, numbers must be finite and transforms are
allowed at the top level only.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Protocol

from brain.errors import StoreRefusedError
from brain.ports.document_store import Increment, Transform

MAX_NAME_BYTES = 1500
MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_LEAF_BYTES = MAX_DOCUMENT_BYTES - 89
MAX_DEPTH = 20
RESERVED_NAME = re.compile(r"__.*__", re.DOTALL)
_EARLIEST_TIME = datetime.min.replace(tzinfo=UTC)
_LATEST_TIME = datetime.max.replace(tzinfo=UTC)
_INT64 = 2**63
_NAME_OVERHEAD_BYTES = 16
_MAP_OVERHEAD_BYTES = 32


class _ScalarSize(Protocol):
    """Checks a scalar and returns its size in bytes."""

    def __call__(self, value: Any, /) -> int: ...


def measure_document(path: str, data: Mapping[str, Any]) -> int:
    """Return the size of a document in bytes; raises ``StoreRefusedError`` if a field cannot be stored."""
    return measure_document_name(path) + _measure_map(data, prefix_bytes=0, depth=0)


def measure_document_name(path: str) -> int:
    """Return the size in bytes that the name of a document adds to it."""
    return len(path.encode()) + 1 + _NAME_OVERHEAD_BYTES


def measure_text(text: str) -> int:
    """Return the size of ``text`` in UTF-8; raises ``StoreRefusedError`` if it is not valid Unicode."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as exc:
        raise StoreRefusedError("text must be valid Unicode, got a lone surrogate") from exc


def check_value(value: Any) -> None:
    """Raise ``StoreRefusedError`` unless a field can hold ``value``."""
    _measure_value(value, prefix_bytes=0, depth=0, in_list=False)


def _measure_map(data: Mapping[str, Any], *, prefix_bytes: int, depth: int) -> int:
    size = _MAP_OVERHEAD_BYTES
    for name, value in data.items():
        name_bytes = _measure_field_name(name)
        path_bytes = prefix_bytes + name_bytes
        if path_bytes > MAX_NAME_BYTES:
            raise StoreRefusedError(
                f"a field path may have at most {MAX_NAME_BYTES} bytes, got {path_bytes} for {name[:40]!r}…"
            )
        size += name_bytes + 1
        measure = _SCALARS.get(type(value))
        if measure is not None:
            size += measure(value)
        elif depth == 0 and isinstance(value, Transform | Increment):
            size += _measure_transform(name, value)
        else:
            size += _measure_value(value, prefix_bytes=path_bytes + 1, depth=depth, in_list=False)
    return size


@lru_cache(maxsize=4096)
def _measure_field_name(name: Any) -> int:
    if not isinstance(name, str):
        raise StoreRefusedError(f"a field name must be text, got {type(name).__name__}")
    if not name or (name.startswith("__") and RESERVED_NAME.fullmatch(name)):
        raise StoreRefusedError(f"a field name must not be empty or of the form __x__, got {name!r:.100}")
    return measure_text(name)


def _measure_transform(name: str, transform: Transform | Increment) -> int:
    if isinstance(transform, Increment):
        if isinstance(transform.by, bool) or not isinstance(transform.by, int | float):
            raise StoreRefusedError(f"Increment of {name!r:.100} must be a number, got {type(transform.by).__name__}")
        check_value(transform.by)
    return 8


def _measure_value(value: Any, *, prefix_bytes: int, depth: int, in_list: bool) -> int:
    """Return the size of a value in bytes; ``depth`` is the number of maps and lists around it."""
    for scalar_type, measure in _SCALARS.items():
        if isinstance(value, scalar_type):
            return measure(value)
    if isinstance(value, Mapping | list | tuple):
        return _measure_container(value, prefix_bytes=prefix_bytes, depth=depth + 1, in_list=in_list)
    if isinstance(value, Transform | Increment):
        raise StoreRefusedError("SERVER_TIME, DELETE_FIELD and Increment are allowed at the top level only")
    raise StoreRefusedError(
        "a field must hold None, bool, int, float, str, bytes, an aware datetime, a list or a map, "
        f"got {type(value).__name__}"
    )


def _measure_container(container: Any, *, prefix_bytes: int, depth: int, in_list: bool) -> int:
    if depth > MAX_DEPTH:
        raise StoreRefusedError(f"maps and lists may be nested at most {MAX_DEPTH} deep, got a deeper document")
    if isinstance(container, Mapping):
        return _measure_map(container, prefix_bytes=prefix_bytes, depth=depth)
    if in_list:
        raise StoreRefusedError("a list must not contain another list directly; put a map between them")
    return sum(_measure_value(item, prefix_bytes=prefix_bytes, depth=depth, in_list=True) for item in container)


def _measure_text_value(text: str) -> int:
    return _check_leaf_size(measure_text(text)) + 1


def _measure_bytes(content: bytes) -> int:
    return _check_leaf_size(len(content))


def _check_leaf_size(size: int) -> int:
    if size > MAX_LEAF_BYTES:
        raise StoreRefusedError(f"a single value may have at most {MAX_LEAF_BYTES} bytes, got {size}")
    return size


def _measure_integer(number: int) -> int:
    if not -_INT64 <= number < _INT64:
        raise StoreRefusedError(f"an integer must fit into 64 bits, got one of {number.bit_length()} bits")
    return 8


def _measure_float(number: float) -> int:
    if not math.isfinite(number):
        raise StoreRefusedError(f"a number must be finite, got {number}; store None for an unknown number")
    return 8


def _measure_time(time: datetime) -> int:
    if time.utcoffset() is None:
        raise StoreRefusedError("a time must have a time zone, got a naive one; attach UTC where it is read")
    if not _EARLIEST_TIME <= time <= _LATEST_TIME:
        raise StoreRefusedError(f"a time must be within the years 1 to 9999 in UTC, got {time.isoformat()}")
    return 8


# The order matters for subclasses: True must be measured as a boolean, not as an integer.
_SCALARS: Mapping[type, _ScalarSize] = {
    str: _measure_text_value,
    NoneType: lambda _: 1,
    bool: lambda _: 1,
    int: _measure_integer,
    float: _measure_float,
    datetime: _measure_time,
    bytes: _measure_bytes,
}
