"""Checks of paths and writes against Firestore's limits.

Every store applies them before it writes, so that the embedded store accepts nothing that Firestore would reject. The
contract suite verifies each limit against the emulator. In addition, ids must not contain control characters and a
call may write each document only once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_sizes import (
    MAX_DOCUMENT_BYTES,
    MAX_NAME_BYTES,
    RESERVED_NAME,
    measure_document,
    measure_document_name,
    measure_text,
)
from brain.ports.document_store import Create, Delete, Set, Transform, Write

MAX_PATH_BYTES = 6 * 1024
MAX_SUBCOLLECTIONS = 100
MAX_REQUEST_BYTES = 4 * 1024 * 1024  # the usual limit of gRPC, which the emulator has; Firestore's own is 10 MiB
MAX_COMMIT_BYTES = 3 * 1024 * 1024  # by the size of the documents; they are somewhat larger on the wire
MAX_WRITES = 500
_SIMPLE_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.-]{0,255}(?:/[A-Za-z0-9][A-Za-z0-9_:.-]{0,255}){0,20}")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def check_document_path(path: str) -> None:
    """Raise ``StoreRefusedError`` unless ``path`` is a valid path of a document."""
    segments = _count_segments(path)
    if segments % 2:
        raise StoreRefusedError(
            "a document path must have an even number of segments (collection/id/…), "
            f"got {segments} in {path!r:.200}; name the document, not the collection"
        )
    if segments > 2 * MAX_SUBCOLLECTIONS:
        raise StoreRefusedError(
            f"a document may be nested in at most {MAX_SUBCOLLECTIONS} collections, got {segments // 2}"
        )


def check_collection_path(path: str) -> None:
    """Raise ``StoreRefusedError`` unless ``path`` is a valid path of a collection."""
    segments = _count_segments(path)
    if segments % 2 == 0:
        raise StoreRefusedError(
            f"a collection path must have an odd number of segments, got {segments} in {path!r:.200}; "
            "name the collection, not the document"
        )


def check_write(write: Write) -> int:
    """Return the size of ``write`` in bytes; raises ``StoreRefusedError`` if a store would reject it."""
    check_document_path(write.path)
    if isinstance(write, Delete):
        return measure_document_name(write.path)
    size = check_document(write.path, write.data)
    is_whole_document = isinstance(write, Create) or (isinstance(write, Set) and not write.merge)
    if is_whole_document and any(value is Transform.DELETE_FIELD for value in write.data.values()):
        raise StoreRefusedError(f"DELETE_FIELD is not allowed in a whole document ({write.path}); omit the field")
    return size


def check_document(path: str, data: Mapping[str, Any]) -> int:
    """Return the size of a document in bytes; raises ``StoreRefusedError`` if it cannot be stored at ``path``."""
    if not isinstance(data, Mapping):
        raise StoreRefusedError(f"a document must be a mapping of fields, got {type(data).__name__} for {path}")
    size = measure_document(path, data)
    if size > MAX_DOCUMENT_BYTES:
        raise StoreRefusedError(
            f"a document may have at most {MAX_DOCUMENT_BYTES} bytes, got {size} for {path}; split it or store less"
        )
    return size


def check_batch(writes: Sequence[Write]) -> None:
    """Raise ``StoreRefusedError`` if there are too many writes or two of the same document."""
    if len(writes) > MAX_WRITES:
        raise StoreRefusedError(f"at most {MAX_WRITES} writes per call, got {len(writes)}; use several calls")
    paths: set[str] = set()
    for write in writes:
        if write.path in paths:
            raise StoreRefusedError(f"at most one write per document and call, got two of {write.path}; merge them")
        paths.add(write.path)


def check_commit(writes: Sequence[Write]) -> None:
    """Raise ``StoreRefusedError`` unless the writes can be applied in one atomic request."""
    check_batch(writes)
    total = sum(check_write(write) for write in writes)
    if total > MAX_COMMIT_BYTES:
        raise StoreRefusedError(
            f"at most {MAX_COMMIT_BYTES} bytes per commit, got {total} in {len(writes)} writes; commit fewer at a time"
        )


def _count_segments(path: str) -> int:
    """Return the number of segments of a valid path; most paths are simple and need no check of each segment."""
    if not _SIMPLE_PATH.fullmatch(path):
        for segment in path.split("/"):
            _check_id(segment, path)
        if len(path.encode()) > MAX_PATH_BYTES:
            raise StoreRefusedError(
                f"a path may have at most {MAX_PATH_BYTES} bytes, got {len(path.encode())} for {path!r:.100}…"
            )
    return path.count("/") + 1


def _check_id(segment: str, path: str) -> None:
    if segment in ("", ".", "..") or RESERVED_NAME.fullmatch(segment):
        raise StoreRefusedError(
            f"a path segment must not be empty, '.', '..' or of the form __x__, got {segment!r:.100} in {path!r:.200}"
        )
    if _CONTROL_CHARACTER.search(segment):
        raise StoreRefusedError(f"a path segment must not contain control characters, got one in {path!r:.200}")
    if measure_text(segment) > MAX_NAME_BYTES:
        raise StoreRefusedError(f"a path segment may have at most {MAX_NAME_BYTES} bytes, got {segment[:40]!r}…")
