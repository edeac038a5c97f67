"""What Firestore forbids, checked by every store before it writes, so that the embedded store never lies.

Limits are those of Firestore's published quotas and storage-size pages; the contract suite holds each against the
emulator. Where the pages leave room the stricter reading is taken: a map counts 32 bytes of overhead as a document
does. Ours on top: finite numbers only, no control characters in ids, transforms at the top level only, each document
once a call.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_store import Create, Delete, Increment, Set, Transform, Write

MAX_NAME_BYTES = 1500
MAX_PATH_BYTES = 6 * 1024
MAX_SUBCOLLECTIONS = 100
MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_LEAF_BYTES = MAX_DOCUMENT_BYTES - 89
MAX_REQUEST_BYTES = 4 * 1024 * 1024  # gRPC's usual limit, which the emulator keeps; Firestore's own is 10 MiB
MAX_COMMIT_BYTES = 3 * 1024 * 1024  # as documents are counted; on the wire they are somewhat larger
MAX_DEPTH = 20
MAX_WRITES = 500
_EARLIEST_TIME = datetime.min.replace(tzinfo=UTC)
_LATEST_TIME = datetime.max.replace(tzinfo=UTC)
_INT64 = 2**63
_RESERVED = re.compile(r"__.*__", re.DOTALL)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.-]{0,255}(?:/[A-Za-z0-9][A-Za-z0-9_:.-]{0,255}){0,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME_OVERHEAD_BYTES = 16
_MAP_OVERHEAD_BYTES = 32


def check_document_path(path: str) -> None:
    """Raise ``StoreRefusedError`` unless ``path`` can name a document."""
    segments = _checked_segments(path)
    if segments % 2:
        raise StoreRefusedError(
            f"A document path has an even number of segments (collection/id/…), but {path!r:.200} has "
            f"{segments}; name the document, not the collection."
        )
    if segments > 2 * MAX_SUBCOLLECTIONS:
        raise StoreRefusedError(f"A document lies at most {MAX_SUBCOLLECTIONS} collections deep, not {segments // 2}.")


def check_collection_path(path: str) -> None:
    """Raise ``StoreRefusedError`` unless ``path`` can name a collection."""
    segments = _checked_segments(path)
    if segments % 2 == 0:
        raise StoreRefusedError(
            f"A collection path has an odd number of segments, but {path!r:.200} has {segments}; "
            "name the collection, not the document."
        )


def check_write(write: Write) -> int:
    """Raise ``StoreRefusedError`` unless any store would take ``write``; returns its size in bytes."""
    check_document_path(write.path)
    if isinstance(write, Delete):
        return _document_name_bytes(write.path)
    size = check_document(write.path, write.data)
    whole = isinstance(write, Create) or (isinstance(write, Set) and not write.merge)
    if whole and any(value is Transform.DELETE_FIELD for value in write.data.values()):
        raise StoreRefusedError(f"DELETE_FIELD has no meaning in a whole document ({write.path}); leave the field out.")
    return size


def check_document(path: str, data: Mapping[str, Any]) -> int:
    """Raise ``StoreRefusedError`` unless ``data`` can be stored at ``path``; returns its size in bytes."""
    if not isinstance(data, Mapping):
        raise StoreRefusedError(f"A document is a mapping of fields, but {path} was given a {type(data).__name__}.")
    size = _document_name_bytes(path) + _map_bytes(data, prefix_bytes=0, depth=0)
    if size > MAX_DOCUMENT_BYTES:
        raise StoreRefusedError(
            f"A document holds at most {MAX_DOCUMENT_BYTES} bytes, but {path} would have {size}; split it or keep less."
        )
    return size


def check_value(value: Any) -> None:
    """Raise ``StoreRefusedError`` unless ``value`` can stand in a field."""
    _value_bytes(value, prefix_bytes=0, depth=0, in_list=False)


def check_batch(writes: Sequence[Write]) -> None:
    """Raise ``StoreRefusedError`` unless the writes are few enough and each names its own document."""
    if len(writes) > MAX_WRITES:
        raise StoreRefusedError(f"One call takes at most {MAX_WRITES} writes, but {len(writes)} came; send several.")
    seen: set[str] = set()
    for write in writes:
        if write.path in seen:
            raise StoreRefusedError(
                f"One call writes each document once, but {write.path} came twice; merge the writes."
            )
        seen.add(write.path)


def check_commit(writes: Sequence[Write]) -> None:
    """Raise ``StoreRefusedError`` unless the writes can be applied in one atomic request."""
    check_batch(writes)
    total = sum(check_write(write) for write in writes)
    if total > MAX_COMMIT_BYTES:
        raise StoreRefusedError(
            f"One commit carries at most {MAX_COMMIT_BYTES} bytes, but these {len(writes)} writes have {total}; "
            "commit fewer at a time."
        )


def _checked_segments(path: str) -> int:
    """Return how many segments a lawful path has; nearly all are plain and need no closer look."""
    if not _PLAIN_PATH.fullmatch(path):
        for segment in path.split("/"):
            _check_id(segment, path)
        if len(path.encode()) > MAX_PATH_BYTES:
            raise StoreRefusedError(f"A path has at most {MAX_PATH_BYTES} bytes, but {path!r:.100}… has more.")
    return path.count("/") + 1


def _check_id(segment: str, path: str) -> None:
    if segment in ("", ".", "..") or _RESERVED.fullmatch(segment):
        raise StoreRefusedError(
            f"A path segment is not empty, '.', '..' or of the form __x__, but {path!r:.200} contains {segment!r}."
        )
    if _CONTROL.search(segment):
        raise StoreRefusedError(f"A path segment has no control characters, but {path!r:.200} contains one.")
    if _utf8_bytes(segment) > MAX_NAME_BYTES:
        raise StoreRefusedError(f"A path segment has at most {MAX_NAME_BYTES} bytes, but {segment[:40]!r}… has more.")


def _document_name_bytes(path: str) -> int:
    return len(path.encode()) + 1 + _NAME_OVERHEAD_BYTES


def _utf8_bytes(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as exc:
        raise StoreRefusedError("Text is valid Unicode, but one came with a lone surrogate.") from exc


def _map_bytes(data: Mapping[str, Any], *, prefix_bytes: int, depth: int) -> int:
    size = _MAP_OVERHEAD_BYTES
    for name, value in data.items():
        name_bytes = _name_bytes(name)
        path_bytes = prefix_bytes + name_bytes
        if path_bytes > MAX_NAME_BYTES:
            raise StoreRefusedError(f"A field's path has at most {MAX_NAME_BYTES} bytes, but {name[:40]!r}… has more.")
        size += name_bytes + 1
        measure = _SCALARS.get(type(value))
        if measure is not None:
            size += measure(value)
        elif depth == 0 and isinstance(value, Transform | Increment):
            size += _transform_bytes(name, value)
        else:
            size += _value_bytes(value, prefix_bytes=path_bytes + 1, depth=depth, in_list=False)
    return size


@lru_cache(maxsize=4096)
def _name_bytes(name: Any) -> int:
    if not isinstance(name, str):
        raise StoreRefusedError(f"A field name is text, not a {type(name).__name__}.")
    if not name or (name.startswith("__") and _RESERVED.fullmatch(name)):
        raise StoreRefusedError(f"A field name is not empty and not of the form __x__, but {name!r:.100} came.")
    return _utf8_bytes(name)


def _transform_bytes(name: str, value: Transform | Increment) -> int:
    if isinstance(value, Increment):
        if isinstance(value.by, bool) or not isinstance(value.by, int | float):
            raise StoreRefusedError(f"Increment adds a number to {name!r}, not a {type(value.by).__name__}.")
        check_value(value.by)
    return 8


def _value_bytes(value: Any, *, prefix_bytes: int, depth: int, in_list: bool) -> int:
    """Return the size of one value as Firestore counts it; ``depth`` is the number of maps and lists around it."""
    for kind, measure in _SCALARS.items():
        if isinstance(value, kind):
            return measure(value)
    if isinstance(value, Mapping | list | tuple):
        return _container_bytes(value, prefix_bytes=prefix_bytes, depth=depth + 1, in_list=in_list)
    if isinstance(value, Transform | Increment):
        raise StoreRefusedError("SERVER_TIME, DELETE_FIELD and Increment stand at the top level of a document only.")
    raise StoreRefusedError(
        "A document holds None, bool, int, float, str, bytes, aware datetime, lists and maps, "
        f"not a {type(value).__name__}."
    )


def _container_bytes(value: Any, *, prefix_bytes: int, depth: int, in_list: bool) -> int:
    if depth > MAX_DEPTH:
        raise StoreRefusedError(f"Maps and lists nest at most {MAX_DEPTH} deep; this document goes deeper.")
    if isinstance(value, Mapping):
        return _map_bytes(value, prefix_bytes=prefix_bytes, depth=depth)
    if in_list:
        raise StoreRefusedError("A list directly inside a list cannot be stored; put a map between them.")
    return sum(_value_bytes(one, prefix_bytes=prefix_bytes, depth=depth, in_list=True) for one in value)


def _text_bytes(value: str) -> int:
    return _leaf_bytes(_utf8_bytes(value)) + 1


def _leaf_bytes(size: int) -> int:
    if size > MAX_LEAF_BYTES:
        raise StoreRefusedError(f"One value has at most {MAX_LEAF_BYTES} bytes, but one of {size} came.")
    return size


def _integer_bytes(value: int) -> int:
    if not -_INT64 <= value < _INT64:
        raise StoreRefusedError(f"An integer has 64 bits at most, but one of {value.bit_length()} bits came.")
    return 8


def _float_bytes(value: float) -> int:
    if not math.isfinite(value):
        raise StoreRefusedError(f"A number is finite, but {value} came; store None for what is unknown.")
    return 8


def _time_bytes(value: datetime) -> int:
    if value.utcoffset() is None:
        raise StoreRefusedError("A time names its zone, but a naive one came; attach UTC where it is read.")
    if not _EARLIEST_TIME <= value <= _LATEST_TIME:
        raise StoreRefusedError(f"A time lies in the years 1 to 9999 of UTC, but {value.isoformat()} came.")
    return 8


# In this order for subclasses too: True is no integer here.
_SCALARS: dict[type, Callable[[Any], int]] = {
    str: _text_bytes,
    NoneType: lambda _: 1,
    bool: lambda _: 1,
    int: _integer_bytes,
    float: _float_bytes,
    datetime: _time_bytes,
    bytes: lambda value: _leaf_bytes(len(value)),
}
