"""Ingests a request: read, identify, pseudonymize, validate and store each event once; answered only when durable."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import uuid4

from brain.domain import periods
from brain.domain.events import Draft, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.ambiguous_rows import find_ambiguous_rows
from brain.domain.gateway.bodies import parse_body
from brain.domain.gateway.dead_letters import DEAD_LETTER_CODES
from brain.domain.gateway.feed_warnings import find_warnings
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus, ItemResult
from brain.errors import BrainError, InvalidInputError, PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, DocumentStore, EventWriter, WriteResult, WriteStatus
from brain.ports.logger import ErrorReporter
from brain.repositories import codec, paths
from brain.repositories.gateway import ingest_counters
from brain.services.gateway.identity_key_source import IdentityKeyProvider
from brain.services.gateway.rate_limits import EventBudgets
from brain.services.gateway.record_warnings import RecordWarnings
from brain.services.gateway.resolve_existing import ResolveExisting, build_unavailable_item
from brain.services.gateway.retire_former_totals import RetireFormerTotals
from brain.services.gateway.store_dead_letter import StoreDeadLetter

MAX_EVENTS = 500
MAX_REMEMBERED_MARKS = 10_000
ReadItem: TypeAlias = IdentifiedEvent | ItemResult
"""An event to store, or the result of an item that makes none."""


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
    _marked: set[tuple[str, datetime]] = field(default_factory=set)

    async def __call__(self, request: IngestRequest, context: FeedContext) -> IngestResult:
        """Read and store a request, and return the result of each item.

        Raises:
            RateLimitedError: the client's or the global budget is used up; nothing was stored.
            PayloadTooLargeError: more than 500 events in one request, or one that is too large for a dead letter.
            StoreUnavailableError: nothing of the request is certain to be stored; it must be sent again.
        """
        await self.limits.take_events(request.client_id, 1)
        try:
            read_items = self._read_body(request, context)
        except InvalidInputError as error:
            read_items = [_unreadable(error)]
        if len(read_items) > MAX_EVENTS:
            raise PayloadTooLargeError(
                f"at most {MAX_EVENTS} events per request, got {len(read_items)}; split the request"
            )
        await self._take_further_events(request.client_id, len(read_items) - 1)
        return await self.ingest_items(request, read_items, context)

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
        results_so_far = await self._store_events(request, read_items, context)
        if abort_on_dead_letter and any(result.outcome is IngestStatus.DEAD_LETTERED for result in results_so_far):
            return IngestResult(results_so_far)
        results = await self._store_failed(request, results_so_far, context)
        warning = self._warn(request, read_items, results)
        counting = self._count(request, results, context)
        await (asyncio.gather(counting, warning) if warning else counting)
        return IngestResult(results)

    async def _take_further_events(self, client_id: str, amount: int) -> None:
        """Take the budget of the events after the first; a refusal gives that of the first one back."""
        if amount <= 0:
            return
        try:
            await self.limits.take_events(client_id, amount)
        except BrainError:
            self.limits.give_back_events(client_id, 1)
            raise

    def _read_body(self, request: IngestRequest, context: FeedContext) -> list[ReadItem]:
        read_items: list[ReadItem] = []
        for payload in parse_body(request.body, request.content_type):
            read_items += self.read_payload(request.source, payload, context)
            if len(read_items) > MAX_EVENTS:
                break
        return read_items

    def read_payload(self, source: str, payload: Any, context: FeedContext) -> list[ReadItem]:
        """Return for each item of one payload the event to store, or the result of an item that makes none."""
        if isinstance(payload, InvalidInputError):
            return [_unreadable(payload)]
        try:
            return [self._identify(item, context) for item in normalize(source, payload, context)]
        except Exception as exc:  # noqa: BLE001 - a bug in a feed must lose nothing: the request becomes a dead letter
            self.report_error("normalize", exc)
            message = "this could not be read because of an internal error; it is stored and will be retried"
            return [ItemResult(IngestStatus.DEAD_LETTERED, error_code="internal", message=message)]

    def _identify(self, item: Draft | Rejected | Ignored, context: FeedContext) -> ReadItem:
        identified = build_event(item, context, self.keys()) if isinstance(item, Draft) else item
        if isinstance(identified, IdentifiedEvent):
            return identified
        if isinstance(identified, Ignored):
            return ItemResult(IngestStatus.IGNORED, message=identified.reason)
        is_dead_letter = identified.error_code in DEAD_LETTER_CODES
        outcome = IngestStatus.DEAD_LETTERED if is_dead_letter else IngestStatus.REJECTED
        return ItemResult(outcome, error_code=identified.error_code, message=identified.message)

    async def _store_events(
        self, request: IngestRequest, read_items: Sequence[ReadItem], context: FeedContext
    ) -> list[ItemResult]:
        """Write all events at once; only those that exist already cost more, to resolve them."""
        unambiguous = _reject_ambiguous(read_items)
        events = [read_item for read_item in unambiguous if isinstance(read_item, IdentifiedEvent)]
        results = iter(await self._write(request, events, context) if events else [])
        return [next(results) if isinstance(read_item, IdentifiedEvent) else read_item for read_item in unambiguous]

    async def _write(
        self, request: IngestRequest, events: Sequence[IdentifiedEvent], context: FeedContext
    ) -> list[ItemResult]:
        written = await self._write_once(request, events)
        own = {new.event.event_id for new, write_result in written if write_result.status is WriteStatus.WRITTEN}
        existing = [new for new, write_result in written if write_result.status is WriteStatus.EXISTS]
        resolve = ResolveExisting(self.store, request.delivery_id, own, is_history=context.backfill)
        resolved = iter(await asyncio.to_thread(resolve, existing) if existing else [])
        if any(new.former_id for new in events):
            await asyncio.to_thread(RetireFormerTotals(self.store), events)
        return [
            next(resolved) if write_result.status is WriteStatus.EXISTS else _item_result(new, write_result)
            for new, write_result in written
        ]

    async def _write_once(
        self, request: IngestRequest, events: Sequence[IdentifiedEvent]
    ) -> list[tuple[IdentifiedEvent, WriteResult]]:
        """Write the first occurrence of each event, and return each event with its write result."""
        first_by_id = {identified.event.event_id: identified for identified in reversed(events)}
        writes = [_create_event(identified, request.delivery_id) for identified in first_by_id.values()]
        write_results, _ = await asyncio.gather(self.writer.write(writes), self._mark_active(request.client_id))
        result_by_id = dict(zip(first_by_id, write_results, strict=True))
        written: list[tuple[IdentifiedEvent, WriteResult]] = []
        for identified in events:
            event_id = identified.event.event_id
            is_first = first_by_id[event_id] is identified
            written.append((identified, _occurrence_result(result_by_id[event_id], is_first)))
        return written

    async def _mark_active(self, client_id: str) -> None:
        """Mark the client as active, once per hour and instance, before the first event of the hour is answered."""
        now = self.clock.now()
        mark = (client_id, periods.truncate_to_hour(now))
        if mark in self._marked:
            return
        write_results = await self.writer.write(ingest_counters.build_activity_marks(client_id, now))
        if any(write_result.status is not WriteStatus.WRITTEN for write_result in write_results):
            raise StoreUnavailableError("the activity mark could not be stored; send again", retry_after_seconds=1)
        if len(self._marked) >= MAX_REMEMBERED_MARKS:
            self._marked.clear()
        self._marked.add(mark)

    async def _store_failed(
        self, request: IngestRequest, results: list[ItemResult], context: FeedContext
    ) -> list[ItemResult]:
        """Store the request as a dead letter if any item failed, and add its id to the results."""
        failed_results = [result for result in results if result.outcome is IngestStatus.DEAD_LETTERED]
        if not failed_results:
            return results
        stage = "store" if failed_results[0].event_id else "read"
        letter_id = await self.store_dead_letter(request, stage, failed_results, context)
        return [
            replace(result, dead_letter_id=letter_id) if result.outcome is IngestStatus.DEAD_LETTERED else result
            for result in results
        ]

    def _warn(
        self, request: IngestRequest, read_items: Sequence[ReadItem], results: Sequence[ItemResult]
    ) -> Awaitable[None] | None:
        """Return the recording of warnings about the feed, None without any; a replay warns of nothing again."""
        if self.record_warnings is None or request.replay_of:
            return None
        events = [read_item for read_item in read_items if isinstance(read_item, IdentifiedEvent)]
        warnings = find_warnings(request.source, request.delivery_id, events, results)
        return self.record_warnings(request.client_id, warnings) if warnings else None

    async def _count(self, request: IngestRequest, results: Sequence[ItemResult], context: FeedContext) -> None:
        """Count the items that made no event before the answer, and give their part of the budget back."""
        counts = IngestResult(results).count_outcomes()
        self.limits.give_back_events(request.client_id, counts["duplicate"] + counts["ignored"])
        delivery_id = request.delivery_id or uuid4().hex
        counter = ingest_counters.build_delivery_counter(request.client_id, delivery_id, context.received_at, results)
        if counter is None or request.replay_of:
            return
        (write_result,) = await self.writer.write([counter])
        if write_result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError("the ingest counter could not be stored; send again", retry_after_seconds=1)


def _reject_ambiguous(read_items: Sequence[ReadItem]) -> list[ReadItem]:
    """Return the items of a request, with a dead letter in place of each row whose key does not tell it from others."""
    rejections = find_ambiguous_rows(item for item in read_items if isinstance(item, IdentifiedEvent))
    results = {
        event_id: ItemResult(IngestStatus.DEAD_LETTERED, None, rejection.error_code, rejection.message)
        for event_id, rejection in rejections.items()
    }
    return [
        results.get(item.event.event_id, item) if isinstance(item, IdentifiedEvent) else item for item in read_items
    ]


def _unreadable(error: InvalidInputError) -> ItemResult:
    return ItemResult(IngestStatus.DEAD_LETTERED, error_code="unreadable_body", message=error.message)


def _create_event(identified: IdentifiedEvent, delivery_id: str) -> Create:
    event = identified.event
    document = codec.new_event_to_document(
        event,
        identified.fingerprint,
        cumulative=identified.cumulative,
        as_of=identified.as_of,
        facts=identified.facts,
    )
    delivery = {"delivery": delivery_id} if delivery_id else {}
    return Create(paths.event(event.client_id, event.event_id), document | delivery)


def _occurrence_result(write_result: WriteResult, is_first: bool) -> WriteResult:
    """Return the write result of one occurrence of an event in a request; a later one meets what the first wrote."""
    is_repeated = not is_first and write_result.status is WriteStatus.WRITTEN
    return WriteResult(WriteStatus.EXISTS) if is_repeated else write_result


def _item_result(identified: IdentifiedEvent, write_result: WriteResult) -> ItemResult:
    event_id = identified.event.event_id
    if write_result.status is WriteStatus.WRITTEN:
        return ItemResult(IngestStatus.STORED, event_id)
    if write_result.status is WriteStatus.REFUSED:
        message = "the store refused this event; it is stored as a dead letter for the operator"
        return ItemResult(IngestStatus.DEAD_LETTERED, event_id, "store_refused", message)
    return build_unavailable_item(write_result.error or BrainError("the store did not answer"))
