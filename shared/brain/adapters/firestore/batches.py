"""Batches of independent writes, for both the synchronous and the asynchronous client.

One invalid write would fail a whole ``BatchWrite``, so every write is checked first and an invalid one is refused
alone. A request stays below gRPC's limit of 4 MiB. A batch that is rejected nevertheless is sent again write by write.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, TypeAlias

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.types import firestore
from google.rpc.code_pb2 import Code

from brain.adapters.firestore.error_translation import error_from_status, status_code, translate_error
from brain.adapters.firestore.writes import fill_write
from brain.errors import StoreRefusedError
from brain.ports.document_rules import MAX_REQUEST_BYTES, check_batch, check_write
from brain.ports.document_store import Create, Increment, Write, WriteResult, WriteStatus

_MAX_WRITES_BYTES = MAX_REQUEST_BYTES - 64 * 1024  # leaves room for the envelope of the request
_WRITTEN = WriteResult(WriteStatus.WRITTEN)
BatchRequest: TypeAlias = Any
BatchResponse: TypeAlias = Any
BatchExchange: TypeAlias = Generator[BatchRequest, BatchResponse, list[WriteResult]]


def exchange_batches(writes: Sequence[Write], database: str) -> BatchExchange:
    """Yield requests, receive the response to each (or the client's exception) and return one result per write.

    Raises:
        StoreRefusedError: There are more than 500 writes, or two of the same document.
    """
    check_batch(writes)
    results: list[WriteResult] = [_WRITTEN] * len(writes)
    requests = list(_build_requests(writes, database, results))
    while requests:
        request, indexes = requests.pop()
        try:
            response = yield request
        except (GoogleAPIError, GoogleAuthError) as error:
            if status_code(error) == Code.INVALID_ARGUMENT and len(indexes) > 1:
                requests += [(_single_request(request, offset), [index]) for offset, index in enumerate(indexes)]
                continue
            for index in indexes:
                results[index] = WriteResult.from_error(translate_error(error, writes[index : index + 1]))
        else:
            _store_failures(response.status, indexes, writes, results)
    return results


def is_idempotent(writes: Sequence[Write]) -> bool:
    """Whether the writes may be sent twice: an increment without a precondition would be added twice."""
    return not any(
        isinstance(value, Increment)
        for write in writes
        if not isinstance(write, Create) and getattr(write, "expect", None) is None
        for value in getattr(write, "data", {}).values()
    )


def _build_requests(
    writes: Sequence[Write], database: str, results: list[WriteResult]
) -> Iterator[tuple[BatchRequest, list[int]]]:
    """Yield requests with the indexes of their writes; results of invalid writes are set at once."""
    request, indexes = _empty_request(database), list[int]()
    size = 0
    for index, write in enumerate(writes):
        try:
            check_write(write)
            write_bytes = _append_write(request, write, database)
        except StoreRefusedError as error:
            results[index] = WriteResult.from_error(error)
            continue
        if indexes and size + write_bytes > _MAX_WRITES_BYTES:
            overflow = request.writes.pop()
            yield request, indexes
            request, indexes, size = _empty_request(database), [], 0
            request.writes.append(overflow)
        indexes.append(index)
        size += write_bytes
    if indexes:
        yield request, indexes


def _append_write(request: BatchRequest, write: Write, database: str) -> int:
    """Append a write and return its size in bytes; the request is unchanged if this fails."""
    target = request.writes.add()
    try:
        fill_write(target, write, f"{database}/documents")
    except StoreRefusedError:
        del request.writes[-1]
        raise
    return int(target.ByteSize())


def _empty_request(database: str) -> BatchRequest:
    return firestore.BatchWriteRequest.pb()(database=database)


def _single_request(request: BatchRequest, offset: int) -> BatchRequest:
    single = _empty_request(request.database)
    single.writes.append(request.writes[offset])
    return single


def _store_failures(statuses: Any, indexes: list[int], writes: Sequence[Write], results: list[WriteResult]) -> None:
    for index, status in zip(indexes, statuses, strict=True):
        if status.code != Code.OK:
            error = error_from_status(status.code, status.message, writes[index : index + 1])
            results[index] = WriteResult.from_error(error)
