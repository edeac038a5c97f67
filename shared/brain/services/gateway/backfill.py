"""Imports history from a file by the service of live events, batch by batch; it can be resumed at any moment."""

import asyncio
import json
import operator
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, groupby
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import uuid4

from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.ambiguous_rows import AMBIGUOUS_KEY
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.requests import EVENTS_PER_COMMIT, IngestRequest
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.errors import InvalidInputError, PayloadTooLargeError, StoreUnavailableError
from brain.repositories.gateway.backfills import BackfillCheckpoint, Backfills
from brain.services.gateway.ingest import Ingest
from brain.services.gateway.item_results import ReadItem

MAX_ATTEMPTS = 6
BATCHES_PER_CHECKPOINT = 10
CORRELATION_ID = "backfill"
T = TypeVar("T")


class FilePosition(NamedTuple):
    """How far a file has been read, in bytes and lines."""

    offset: int = 0
    line: int = 0


class FilePayload(NamedTuple):
    """One payload of a file; one that cannot be parsed is the error and the ``raw`` bytes."""

    line: int
    payload: Any
    end: FilePosition
    raw: bytes = b""
    content_type: str = "application/json"


class BackfillFault(NamedTuple):
    """A payload that made no event, and why."""

    line: int
    outcome: str
    error_code: str
    message: str


class BackfillProgress(NamedTuple):
    """The outcomes of a batch, and how far the file has been read."""

    counts: Mapping[str, int]
    faults: Sequence[BackfillFault]
    end: FilePosition


class FilePayloadReader(Protocol):
    """Reads a file's payloads."""

    def __call__(self, start: FilePosition, /) -> Iterable[FilePayload]:
        """Return the payloads from ``start`` on."""


class RunIdFactory(Protocol):
    """Creates the id of a run."""

    def __call__(self) -> str:
        """Return an id that no other run has."""


class AsyncSleep(Protocol):
    """Waits without blocking the event loop."""

    async def __call__(self, seconds: float, /) -> None:
        """Return after ``seconds``."""


@dataclass(frozen=True, slots=True)
class BackfillFile:
    """A file with history: a key that identifies its content, its feed, and a reader of its payloads."""

    key: str
    source: str
    read: FilePayloadReader


_Batch: TypeAlias = list[tuple[FilePayload, list[ReadItem]]]
_Chunk: TypeAlias = Sequence[tuple[FilePayload, ReadItem]]
_PayloadResult: TypeAlias = tuple[FilePayload, ItemResult]


@dataclass(slots=True)
class Backfill:
    """Sends one batch of up to 500 events at a time; it takes no budget from live senders.

    A killed run is resumed from its last checkpoint, at most ten batches back. What it had stored since counts as
    stored again, not as a duplicate. The same file after a finished run is a new run: all duplicates.
    """

    ingest: Ingest
    new_run_id: RunIdFactory = field(default=lambda: uuid4().hex)
    sleep: AsyncSleep = asyncio.sleep

    async def __call__(self, file: BackfillFile, context: FeedContext) -> AsyncIterator[BackfillProgress]:
        """Yield the progress of an earlier attempt, and then that of each batch.

        Raises:
            StoreUnavailableError: the store stayed unavailable; the next call continues from the checkpoint.
        """
        backfills = Backfills(self.ingest.store, context.client_id)
        checkpoint = await self.retry(lambda: asyncio.to_thread(backfills.read, file.key))
        if checkpoint is None or checkpoint.done:
            checkpoint = BackfillCheckpoint(self.new_run_id(), context.received_at)
            await self._save(backfills, file.key, checkpoint)
        counts = Counter(checkpoint.counts)
        position = FilePosition(checkpoint.offset, checkpoint.line)
        yield BackfillProgress(counts.copy(), (), position)
        run = _BackfillRun(self, file.source, checkpoint.run, replace(context, received_at=checkpoint.received_at))
        batch_count = 0
        async for progress in run.send_all(file.read(position)):
            counts.update(progress.counts)
            batch_count, position = batch_count + 1, progress.end
            if batch_count % BATCHES_PER_CHECKPOINT == 0:
                await self._save(backfills, file.key, _advance(checkpoint, position, counts))
            yield progress
        await self._save(backfills, file.key, replace(_advance(checkpoint, position, counts), done=True))

    async def _save(self, backfills: Backfills, key: str, checkpoint: BackfillCheckpoint) -> None:
        await self.retry(lambda: asyncio.to_thread(backfills.write, key, checkpoint))

    async def retry(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call while the store is unavailable, with pauses of 1, 2, 4, … seconds."""
        for attempt in range(MAX_ATTEMPTS - 1):
            try:
                return await call()
            except StoreUnavailableError:
                await self.sleep(2.0**attempt)
        return await call()


@dataclass(slots=True)
class _BackfillRun:
    """One run over one file: the same payloads make the same batches, whichever attempt sends them."""

    backfill: Backfill
    source: str
    run_id: str
    context: FeedContext

    async def send_all(self, payloads: Iterable[FilePayload]) -> AsyncIterator[BackfillProgress]:
        """Send the batches in order; the next one is read while one is being sent."""
        sending: asyncio.Task[BackfillProgress] | None = None
        try:
            for batch in self._batches(payloads):
                if sending is not None:
                    yield await sending
                sending = asyncio.create_task(self._send_batch(batch))
                await asyncio.sleep(0)
            if sending is not None:
                yield await sending
        finally:
            if sending is not None and not sending.done():
                sending.cancel()

    def _batches(self, payloads: Iterable[FilePayload]) -> Iterator[_Batch]:
        batch: _Batch = []
        size = 0
        for payload in payloads:
            read_items = self.backfill.ingest.read_payload(self.source, payload.payload, self.context)
            if batch and size + len(read_items) > EVENTS_PER_COMMIT:
                yield batch
                batch, size = [], 0
            batch.append((payload, read_items))
            size += len(read_items)
        if batch:
            yield batch

    async def _send_batch(self, batch: _Batch) -> BackfillProgress:
        """Send what can be stored together, and each failing payload alone, so that no dead letter has a good one."""
        storable = [(payload, read_items) for payload, read_items in batch if not _has_dead_letter(read_items)]
        failing = [[(payload, read_items)] for payload, read_items in batch if _has_dead_letter(read_items)]
        results: list[_PayloadResult] = []
        for part in [storable, *failing]:
            for first_index, chunk in _split(part):
                results += await self._send_chunk(first_index, chunk)
        counts = Counter(str(result.outcome) for _, result in results)
        faults = sorted(_fault(payload, result) for payload, result in results if result.error_code)
        return BackfillProgress(counts, faults, batch[-1][0].end)

    async def _send_chunk(self, first_index: int, chunk: _Chunk) -> list[_PayloadResult]:
        """Send a chunk as a whole; if it has conflicts, send the rest, and then the conflicts one by one.

        Ambiguous rows are sent together: one of them alone would not be ambiguous when its dead letter is replayed.
        """
        has_several_payloads = chunk[0][0].line != chunk[-1][0].line
        chunk_results = await self._send(chunk, chunk, first_index, abort_on_dead_letter=has_several_payloads)
        dead_lettered = [result.outcome is IngestStatus.DEAD_LETTERED for _, result in chunk_results]
        if not (has_several_payloads and any(dead_lettered)):
            return chunk_results
        storable = [pair for pair, is_conflict in zip(chunk, dead_lettered, strict=True) if not is_conflict]
        results = await self._send(chunk, storable, first_index) if storable else []
        ambiguous = [result.error_code == AMBIGUOUS_KEY for _, result in chunk_results]
        if any(ambiguous):
            together = list(compress(chunk, ambiguous))
            results += await self._send(together, together, -1 - first_index)
        alone = compress(chunk, map(operator.gt, dead_lettered, ambiguous))
        for _, conflicts in groupby(alone, key=lambda pair: pair[0].line):
            single = list(conflicts)
            results += await self._send(single, single, -1 - first_index)
        return results

    async def _send(
        self, named_after: _Chunk, chunk: _Chunk, first_index: int, *, abort_on_dead_letter: bool = False
    ) -> list[_PayloadResult]:
        """Send up to 500 events until each has a result; the delivery id is derived from the chunk ``named_after``."""
        first_payload = named_after[0][0]
        name = f"{self.run_id}:{first_payload.line}:{first_payload.end.offset}:{first_index}"
        delivery_id = derive_delivery_id(self.context.client_id, self.source, name, b"")
        body, content_type = (b"", "") if abort_on_dead_letter else _body(chunk)
        request = IngestRequest(self.context.client_id, self.source, content_type, body, CORRELATION_ID, delivery_id)

        async def ingest_chunk() -> Sequence[ItemResult]:
            ingest_result = await self.backfill.ingest.ingest_items(
                request, [item for _, item in chunk], self.context, abort_on_dead_letter=abort_on_dead_letter
            )
            if any(result.outcome is IngestStatus.UNAVAILABLE for result in ingest_result.items):
                raise StoreUnavailableError("the store did not accept a whole batch; run the same command to continue")
            return ingest_result.items

        try:
            item_results = await self.backfill.retry(ingest_chunk)
        except PayloadTooLargeError as error:
            rejection = ItemResult(IngestStatus.REJECTED, error_code=error.code, message=error.message)
            item_results = [rejection] * len(chunk)
        return [(payload, result) for (payload, _), result in zip(chunk, item_results, strict=True)]


def _has_dead_letter(read_items: Sequence[ReadItem]) -> bool:
    return any(
        isinstance(read_item, ItemResult) and read_item.outcome is IngestStatus.DEAD_LETTERED
        for read_item in read_items
    )


def _split(part: _Batch) -> Iterator[tuple[int, list[tuple[FilePayload, ReadItem]]]]:
    """Yield at most 500 items at a time, each with its payload; a page of a provider may hold more."""
    pairs = [(payload, read_item) for payload, read_items in part for read_item in read_items]
    for first_index in range(0, len(pairs), EVENTS_PER_COMMIT):
        yield first_index, pairs[first_index : first_index + EVENTS_PER_COMMIT]


def _body(chunk: _Chunk) -> tuple[bytes, str]:
    """Return the body for a dead letter of this chunk: its payloads, or the bytes that could not be parsed."""
    payloads = list({payload.line: payload for payload, _ in chunk}.values())
    if isinstance(payloads[0].payload, InvalidInputError):
        return payloads[0].raw, payloads[0].content_type
    return json.dumps([payload.payload for payload in payloads], ensure_ascii=False).encode(), "application/json"


def _fault(payload: FilePayload, result: ItemResult) -> BackfillFault:
    return BackfillFault(payload.line, str(result.outcome), result.error_code or "internal", result.message or "")


def _advance(checkpoint: BackfillCheckpoint, position: FilePosition, counts: Mapping[str, int]) -> BackfillCheckpoint:
    return replace(checkpoint, offset=position.offset, line=position.line, counts=dict(counts))
