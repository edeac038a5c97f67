"""The conversation of one ``write_many`` with BatchWrite, the same for the synchronous and the asynchronous client.

An invalid write would fail the whole BatchWrite, so each is checked first and what fails is refused alone; a request
stays under gRPC's 4 MiB; a group that is refused all the same is sent again one by one.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, TypeAlias

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.types import firestore
from google.rpc.code_pb2 import Code

from brain.adapters.firestore.failures import code_of, error_of_code, status_of, translated_error
from brain.adapters.firestore.writes import fill_write
from brain.errors import StoreRefusedError
from brain.ports.document_rules import MAX_REQUEST_BYTES, check_batch, check_write
from brain.ports.document_store import Create, Increment, Write, WriteResult, WriteStatus

_ROOM_BYTES = MAX_REQUEST_BYTES - 64 * 1024  # the rest is for what frames the writes
_WRITTEN = WriteResult(WriteStatus.WRITTEN)
Request: TypeAlias = Any
Response: TypeAlias = Any
Conversation: TypeAlias = Generator[Request, Response, list[WriteResult]]


def conversation(writes: Sequence[Write], database: str) -> Conversation:
    """Yield BatchWrite requests, take their responses (or what the client raised), return a result a write.

    Raises ``StoreRefusedError`` for more than 500 writes or the same document twice.
    """
    check_batch(writes)
    results: list[WriteResult] = [_WRITTEN] * len(writes)
    requests = list(_requests(writes, database, results))
    while requests:
        request, places = requests.pop()
        try:
            response = yield request
        except (GoogleAPIError, GoogleAuthError) as error:
            if code_of(error) == Code.INVALID_ARGUMENT and len(places) > 1:
                requests += [(_alone(request, at), [place]) for at, place in enumerate(places)]
                continue
            for place in places:
                results[place] = _failed(translated_error(error, writes[place : place + 1]))
        else:
            _settle(response.status, places, writes, results)
    return results


def repeatable(writes: Sequence[Write]) -> bool:
    """Whether sending the same writes again does no harm: an increment without a precondition would count twice."""
    return not any(
        isinstance(value, Increment)
        for write in writes
        if not isinstance(write, Create) and getattr(write, "expect", None) is None
        for value in getattr(write, "data", {}).values()
    )


def _requests(
    writes: Sequence[Write], database: str, results: list[WriteResult]
) -> Iterator[tuple[Request, list[int]]]:
    """Fill request after request in place, each with the places its writes have in the call."""
    request, places = _empty(database), list[int]()
    size = 0
    for place, write in enumerate(writes):
        try:
            check_write(write)
            added = _add(request, write, database)
        except StoreRefusedError as error:
            results[place] = _failed(error)
            continue
        if places and size + added > _ROOM_BYTES:
            overflow = request.writes.pop()
            yield request, places
            request, places, size = _empty(database), [], 0
            request.writes.append(overflow)
        places.append(place)
        size += added
    if places:
        yield request, places


def _add(request: Request, write: Write, database: str) -> int:
    """Add a write to the request, or leave the request as it was; returns its size in bytes."""
    target = request.writes.add()
    try:
        fill_write(target, write, f"{database}/documents")
    except StoreRefusedError:
        del request.writes[-1]
        raise
    return int(target.ByteSize())


def _empty(database: str) -> Request:
    return firestore.BatchWriteRequest.pb()(database=database)


def _alone(request: Request, at: int) -> Request:
    alone = _empty(request.database)
    alone.writes.append(request.writes[at])
    return alone


def _settle(statuses: Any, places: list[int], writes: Sequence[Write], results: list[WriteResult]) -> None:
    for place, status in zip(places, statuses, strict=True):
        if status.code != Code.OK:
            results[place] = _failed(error_of_code(status.code, status.message, writes[place : place + 1]))


def _failed(error: Any) -> WriteResult:
    return WriteResult(status_of(error), error)
