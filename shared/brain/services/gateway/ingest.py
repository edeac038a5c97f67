"""Ingests a request: read, identify, pseudonymize, validate and store each event once; answered only when durable."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from brain.domain import periods
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.dead_letters import DEAD_LETTER_CODES
from brain.domain.gateway.feed_warnings import FeedWarning, find_warnings
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.report_totals import RequestTotals
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus, ItemResult
from brain.errors import BrainError, InvalidInputError, PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, DocumentStore, EventWriter, WriteResult, WriteStatus
from brain.ports.logger import ErrorReporter
from brain.repositories.gateway import ingest_counters
from brain.services.gateway.identity_key_source import IdentityKeyProvider
from brain.services.gateway.item_results import (
    ReadItem,
    build_create,
    build_resend_item,
    build_unreadable_item,
    build_written_item,
    ignore_totals,
    iterate_parts,
    reject_ambiguous,
    resolve_occurrence,
    update_failed,
)
from brain.services.gateway.rate_limits import EventBudgets
from brain.services.gateway.read_request import (
    DEFAULT_READING_RULES,
    PayloadReader,
    ReadingRules,
    read_request,
    read_request_packed,
    unpack_item,
)
from brain.services.gateway.reader_process import ReaderProcess
from brain.services.gateway.record_warnings import RecordWarnings
from brain.services.gateway.resolve_existing import ResolveExisting
from brain.services.gateway.retire_former_totals import RetireFormerTotals
from brain.services.gateway.store_dead_letter import StoreDeadLetter, name_dead_letter
from brain.services.gateway.turns import apply_in_turns
from brain.services.gateway.watch_levels import WatchLevels

_NOT_NEW = (IngestStatus.DUPLICATE, IngestStatus.IGNORED)
MAX_REMEMBERED_MARKS = 10_000
INLINE_BYTES = 64 * 1024
"""What a single event or a small batch takes is read faster than it is handed to another process."""


@dataclass(slots=True)
class Ingest:
    """The one path by which events come in, over HTTP and from files."""

    writer: EventWriter
    store: DocumentStore
    keys: IdentityKeyProvider
    store_dead_letter: StoreDeadLetter
    limits: EventBudgets
    clock: Clock
    report_error: ErrorReporter
    record_warnings: RecordWarnings | None = None
    rules: ReadingRules = DEFAULT_READING_RULES
    reader: ReaderProcess = field(default_factory=ReaderProcess)
    _marked: set[tuple[str, datetime]] = field(default_factory=set)
    _watch_levels: WatchLevels = field(init=False)

    def __post_init__(self) -> None:
        """Begin without any known level of a report."""
        self._watch_levels = WatchLevels(self.store, self.keys, self.clock, self.report_error)

    async def __call__(self, request: IngestRequest, context: FeedContext) -> IngestResult:
        """Read and store a request, and return the result of each item.

        Raises:
            RateLimitedError: the client's or the global budget is used up; nothing was stored.
            PayloadTooLargeError: more than 2,000 events in one request, or one that is too large for a dead letter.
            StoreUnavailableError: nothing of the request is certain to be stored; it must be sent again.
        """
        await self.limits.check_duplicates(request.client_id)
        await self.limits.take_events(request.client_id, 1)
        read_items = await self._read_request(request, context)
        await self._take_further_events(request.client_id, len(read_items) - 1)
        return await self.ingest_items(request, read_items, context)

    async def answer_resend(self, request: IngestRequest, context: FeedContext) -> IngestResult:
        """Return the result of a request that is known to be stored: each of its events is a duplicate.

        Nothing is read from the store, written or counted: a resend is the same delivery, and a running total of it
        may be older than what has arrived since.

        Raises:
            RateLimitedError: the client's budget of duplicates is used up.
        """
        await self.limits.check_duplicates(request.client_id)
        letter_id = name_dead_letter(request, context)
        results = [build_resend_item(item, letter_id) for item in await self._read_request(request, context)]
        await self.limits.charge_duplicates(request.client_id, len(results))
        return IngestResult(results)

    async def ingest_items(
        self,
        request: IngestRequest,
        read_items: Sequence[ReadItem],
        context: FeedContext,
        *,
        abort_on_dead_letter: bool = False,
    ) -> IngestResult:
        """Store the items of a request, its failed ones as a dead letter, count them, and return their results.

        With ``abort_on_dead_letter`` a request that would need a dead letter gets neither a dead letter nor a counter:
        the caller splits it and sends the parts again under the same delivery id.
        """
        storable, totals = ignore_totals(reject_ambiguous(read_items))
        results_so_far = await self._store_events(request, storable, context)
        if abort_on_dead_letter and any(result.outcome is IngestStatus.DEAD_LETTERED for result in results_so_far):
            return IngestResult(results_so_far)
        results = await self._store_failed(request, results_so_far, context)
        counting = self._count(request, results, context)
        warnings = self._find_warnings(request, read_items, results)
        if warnings or (totals.rows and not request.replay_of):
            await asyncio.gather(counting, self._warn(request, warnings, totals, results))
        else:  # most requests, which two tasks would take a tenth longer
            await counting
        return IngestResult(results)

    async def _take_further_events(self, client_id: str, amount: int) -> None:
        """Take the budget of the events after the first; a refusal gives that of the first one back."""
        if amount <= 0:
            return
        try:
            await self.limits.take_events(client_id, amount, after=1)
        except BrainError:
            self.limits.give_back_events(client_id, 1)
            raise

    async def _read_request(self, request: IngestRequest, context: FeedContext) -> list[ReadItem]:
        """Return the items of a request; a large body is read in another process."""
        arguments = (request, context, self.keys(), self.rules)
        if len(request.body) <= INLINE_BYTES:
            items, errors = read_request(*arguments)
            self._report_errors(errors)
            return items
        try:
            packed = await self.reader.run(read_request_packed, *arguments)
        except PayloadTooLargeError:
            raise
        except InvalidInputError as error:
            return [build_unreadable_item(error)]
        self._report_errors(packed.errors)
        return await apply_in_turns(unpack_item, packed.items)

    def read_payload(self, source: str, payload: Any, context: FeedContext) -> list[ReadItem]:
        """Return for each item of a file's payload the event to store, or the result of an item that makes none."""
        reader = PayloadReader(source, context, self.keys(), self.rules)
        items = reader.read(payload)
        self._report_errors(reader.errors)
        return items

    def _report_errors(self, errors: Sequence[Exception]) -> None:
        for error in errors:
            self.report_error("normalize", error)

    async def _store_events(
        self, request: IngestRequest, read_items: Sequence[ReadItem], context: FeedContext
    ) -> list[ItemResult]:
        """Write the events in parts; only those that exist already cost more, to resolve them."""
        events = [read_item for read_item in read_items if isinstance(read_item, IdentifiedEvent)]
        results = iter(await self._write(request, events, context) if events else [])
        return [next(results) if isinstance(read_item, IdentifiedEvent) else read_item for read_item in read_items]

    async def _write(
        self, request: IngestRequest, events: Sequence[IdentifiedEvent], context: FeedContext
    ) -> list[ItemResult]:
        written = await self._write_once(request, events)
        own = {new.event.event_id for new, write_result in written if write_result.status is WriteStatus.WRITTEN}
        existing = [new for new, write_result in written if write_result.status is WriteStatus.EXISTS]
        resolve = ResolveExisting(self.store, request.delivery_id, own, is_history=context.backfill)
        resolved = iter(await _resolve_in_parts(resolve, existing))
        if any(new.former_id for new in events):
            await asyncio.to_thread(RetireFormerTotals(self.store), events)
        return [
            next(resolved) if write_result.status is WriteStatus.EXISTS else build_written_item(new, write_result)
            for new, write_result in written
        ]

    async def _write_once(
        self, request: IngestRequest, events: Sequence[IdentifiedEvent]
    ) -> list[tuple[IdentifiedEvent, WriteResult]]:
        """Write the first occurrence of each event, and return each event with its write result."""
        first_by_id = {identified.event.event_id: identified for identified in reversed(events)}
        build = partial(build_create, delivery_id=request.delivery_id)
        writes = await apply_in_turns(build, first_by_id.values())
        write_results = await self._commit_active(request.client_id, writes)
        result_by_id = dict(zip(first_by_id, write_results, strict=True))
        written: list[tuple[IdentifiedEvent, WriteResult]] = []
        for identified in events:
            event_id = identified.event.event_id
            is_first = first_by_id[event_id] is identified
            written.append((identified, resolve_occurrence(result_by_id[event_id], is_first)))
        return written

    async def _commit_active(self, client_id: str, writes: Sequence[Create]) -> list[WriteResult]:
        """Write events, and the mark that their client is active before the first of the hour is answered."""
        mark = (client_id, periods.truncate_to_hour(self.clock.now()))
        if mark in self._marked:
            return await self._commit(writes)
        write_results, _ = await asyncio.gather(self._commit(writes), self._mark_active(*mark))
        return write_results

    async def _commit(self, writes: Sequence[Create]) -> list[WriteResult]:
        """Write one part after the other, so that other senders' writes go between them."""
        return [result for part in iterate_parts(writes) for result in await self.writer.write(part)]

    async def _mark_active(self, client_id: str, hour: datetime) -> None:
        """Mark the client as active, once per hour and instance."""
        write_results = await self.writer.write(ingest_counters.build_activity_marks(client_id, hour))
        if any(write_result.status is not WriteStatus.WRITTEN for write_result in write_results):
            raise StoreUnavailableError("the activity mark could not be stored; send again", retry_after_seconds=1)
        if len(self._marked) >= MAX_REMEMBERED_MARKS:
            self._marked.clear()
        self._marked.add((client_id, hour))

    async def _store_failed(
        self, request: IngestRequest, results: list[ItemResult], context: FeedContext
    ) -> list[ItemResult]:
        """Store the request as a dead letter if any item failed, and add its id to the results.

        Of a request that is too large for a dead letter, items that the sender can fix are rejected instead.
        """
        failed_results = [result for result in results if result.outcome is IngestStatus.DEAD_LETTERED]
        if not failed_results:
            return results
        stage = "store" if failed_results[0].event_id else "read"
        try:
            letter_id = await self.store_dead_letter(request, stage, failed_results, context)
        except PayloadTooLargeError:
            if any(result.error_code in DEAD_LETTER_CODES for result in failed_results):
                raise
            return update_failed(results, outcome=IngestStatus.REJECTED)
        return update_failed(results, dead_letter_id=letter_id)

    def _find_warnings(
        self, request: IngestRequest, read_items: Sequence[ReadItem], results: Sequence[ItemResult]
    ) -> list[FeedWarning]:
        """Return the warnings about the items; a replay warns of nothing again."""
        if request.replay_of:
            return []
        events = [read_item for read_item in read_items if isinstance(read_item, IdentifiedEvent)]
        return find_warnings(request.source, request.delivery_id, events, results)

    async def _warn(
        self,
        request: IngestRequest,
        warnings: list[FeedWarning],
        totals: RequestTotals,
        results: Sequence[ItemResult],
    ) -> None:
        """Record the warnings about the items, and those about the levels of their reports."""
        if self.record_warnings is None:
            return
        overlaps = await self._watch_levels(request.client_id, totals, results) if totals.rows else []
        await self.record_warnings(request.client_id, [*warnings, *overlaps])

    async def _count(self, request: IngestRequest, results: Sequence[ItemResult], context: FeedContext) -> None:
        """Count the items that made no event before the answer, and give their part of the budget back."""
        not_new = sum(result.outcome in _NOT_NEW for result in results)
        if not_new:
            self.limits.give_back_events(request.client_id, not_new, of=len(results))
            await self.limits.charge_duplicates(request.client_id, not_new)
        delivery_id = request.delivery_id or uuid4().hex
        counter = ingest_counters.build_delivery_counter(request.client_id, delivery_id, context.received_at, results)
        if counter is None or request.replay_of:
            return
        (write_result,) = await self.writer.write([counter])
        if write_result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError("the ingest counter could not be stored; send again", retry_after_seconds=1)


async def _resolve_in_parts(resolve: ResolveExisting, existing: Sequence[IdentifiedEvent]) -> list[ItemResult]:
    """Return the results of events that exist already, one part after the other."""
    return [result for part in iterate_parts(existing) for result in await asyncio.to_thread(resolve, part)]
