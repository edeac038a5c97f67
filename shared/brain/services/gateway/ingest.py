"""Takes a sender's request in: read, identify, pseudonymise, validate, store once; answered only when durable."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from brain.domain import periods
from brain.domain.events import Draft, Ignored, Rejected
from brain.domain.gateway import dead_letters
from brain.domain.gateway.bodies import payloads
from brain.domain.gateway.normalize import Completed, FeedContext, complete, normalize
from brain.domain.gateway.notices import noticed
from brain.domain.gateway.results import Ingested, Item, Outcome
from brain.domain.privacy.keys import IdentityKeys
from brain.errors import BrainError, InvalidInputError, PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, DocumentStore, EventWriter, WriteResult, WriteStatus
from brain.repositories import codec, paths
from brain.repositories.gateway import ingest_counters
from brain.services.gateway.keep_dead_letter import KeepDeadLetter, Received
from brain.services.gateway.rate_limits import EventBudgets
from brain.services.gateway.settle import Settle, unavailable
from brain.services.gateway.warnings import KeepWarnings

MAX_EVENTS = 500
REMEMBERED_MARKS = 10_000


@dataclass(slots=True)
class Ingest:
    """The one path by which events come in, from HTTP and from files."""

    writer: EventWriter
    store: DocumentStore
    keys: Callable[[], IdentityKeys]
    keep: KeepDeadLetter
    limits: EventBudgets
    clock: Clock
    failed: Callable[[str, Exception], None]
    warn: KeepWarnings | None = None
    _marked: set[tuple[str, datetime]] = field(default_factory=set)

    async def __call__(self, request: Received, context: FeedContext) -> Ingested:
        """Return what became of each item.

        Raises:
            RateLimitedError: the client's or the global budget is used up; nothing was taken.
            PayloadTooLargeError: more than 500 events in one request, or one that cannot be kept aside.
            StoreUnavailableError: nothing of the request is certain to be stored; send it again.
        """
        await self.limits.take_events(request.client_id, 1)
        try:
            found = self._read(request, context)
        except InvalidInputError as error:
            found = [Item(Outcome.DEAD_LETTERED, error_code="unreadable_body", message=error.message)]
        if len(found) > MAX_EVENTS:
            raise PayloadTooLargeError(f"expected at most {MAX_EVENTS} events a request, {len(found)} came; split it")
        await self._take_the_rest(request.client_id, len(found) - 1)
        return await self.take(request, found, context)

    async def take(
        self, request: Received, found: Sequence[Completed | Item], context: FeedContext, *, whole: bool = False
    ) -> Ingested:
        """Store what was read of a request, keep aside what could not be taken, book it and say what became of it.

        With ``whole`` a request of which something would be kept aside is neither kept nor booked: its sender takes
        it apart and sends the rest again, as the same delivery.
        """
        stored = await self._store(request, found, context)
        if whole and any(item.outcome is Outcome.DEAD_LETTERED for item in stored):
            return Ingested(stored)
        items = await self._keep_aside(request, stored, context)
        warned = self._warnings(request, found, items)
        book = self._book(request, items, context)
        await (asyncio.gather(book, warned) if warned else book)
        return Ingested(items)

    async def _take_the_rest(self, client_id: str, amount: int) -> None:
        """Take the budget of the items beyond the first; a refusal gives the first one's back."""
        if amount <= 0:
            return
        try:
            await self.limits.take_events(client_id, amount)
        except BrainError:
            self.limits.give_back_events(client_id, 1)
            raise

    def _read(self, request: Received, context: FeedContext) -> list[Completed | Item]:
        """Return for each item the event to store, or the end it has come to already."""
        values = payloads(request.body, request.content_type)
        found: list[Completed | Item] = []
        for value in values:
            found += self.read(request.source, value, context)
            if len(found) > MAX_EVENTS:
                break
        return found

    def read(self, source: str, value: Any, context: FeedContext) -> list[Completed | Item]:
        """Return for each item of one payload the event to store, or the end it has come to already."""
        if isinstance(value, InvalidInputError):
            return [Item(Outcome.DEAD_LETTERED, error_code="unreadable_body", message=value.message)]
        try:
            return [self._item(outcome, context) for outcome in normalize(source, value, context)]
        except Exception as exc:  # noqa: BLE001 - a feed's fault must lose nothing: the request is kept and we are told
            self.failed("normalise", exc)
            message = "this could not be read because of a fault on our side; it is kept and will be tried again"
            return [Item(Outcome.DEAD_LETTERED, error_code="internal", message=message)]

    def _item(self, outcome: Draft | Rejected | Ignored, context: FeedContext) -> Completed | Item:
        if isinstance(outcome, Draft):
            completed = complete(outcome, context, self.keys())
            if isinstance(completed, Completed):
                return completed
            outcome = completed
        if isinstance(outcome, Ignored):
            return Item(Outcome.IGNORED, message=outcome.reason)
        aside = outcome.error_code in dead_letters.CODES
        end = Outcome.DEAD_LETTERED if aside else Outcome.REJECTED
        return Item(end, error_code=outcome.error_code, message=outcome.message)

    async def _store(self, request: Received, found: Sequence[Completed | Item], context: FeedContext) -> list[Item]:
        """Write all events in one go; what is already there is settled with what it would cost only then."""
        events = [entry for entry in found if isinstance(entry, Completed)]
        ends = iter(await self._write(request, events, context) if events else [])
        return [next(ends) if isinstance(entry, Completed) else entry for entry in found]

    async def _write(self, request: Received, events: Sequence[Completed], context: FeedContext) -> list[Item]:
        firsts = {completed.event.event_id: completed for completed in reversed(events)}
        writes = [_new(completed, request.delivery) for completed in firsts.values()]
        results, _ = await asyncio.gather(self.writer.write(writes), self._mark(request.client_id))
        written = dict(zip(firsts, results, strict=True))
        ended = [(c, _mentioned(written[c.event.event_id], firsts[c.event.event_id] is c)) for c in events]
        there = [c for c, result in ended if result.status is WriteStatus.EXISTS]
        own = {event_id for event_id, result in written.items() if result.status is WriteStatus.WRITTEN}
        settle = Settle(self.store, request.delivery, own, history=context.backfill)
        settled = iter(await asyncio.to_thread(settle, there) if there else [])
        return [
            next(settled) if result.status is WriteStatus.EXISTS else _end(completed, result)
            for completed, result in ended
        ]

    async def _mark(self, client_id: str) -> None:
        """Mark the hour's and week's books once an instance, before the first event of the hour is answered."""
        now = self.clock.now()
        mark = (client_id, periods.truncate_to_hour(now))
        if mark in self._marked:
            return
        results = await self.writer.write(ingest_counters.build_activity_marks(client_id, now))
        if any(result.status is not WriteStatus.WRITTEN for result in results):
            raise StoreUnavailableError("the hour's books could not be marked; send again", retry_after_seconds=1)
        if len(self._marked) >= REMEMBERED_MARKS:
            self._marked.clear()
        self._marked.add(mark)

    async def _keep_aside(self, request: Received, items: list[Item], context: FeedContext) -> list[Item]:
        """Keep the request when anything in it could not be taken, and name the dead letter to the sender."""
        failed = [item for item in items if item.outcome is Outcome.DEAD_LETTERED]
        if not failed:
            return items
        stage = "store" if failed[0].event_id else "read"
        kept = await self.keep(request, stage, failed, context)
        return [replace(i, dead_letter_id=kept) if i.outcome is Outcome.DEAD_LETTERED else i for i in items]

    def _warnings(
        self, request: Received, found: Sequence[Completed | Item], items: Sequence[Item]
    ) -> Awaitable[None] | None:
        """Return what tells the client of trouble with its feed, None without any; a replay tells nothing again."""
        if self.warn is None or request.replay_of:
            return None
        events = [entry for entry in found if isinstance(entry, Completed)]
        notices = noticed(request.source, request.delivery, events, items)
        return self.warn(request.client_id, notices) if notices else None

    async def _book(self, request: Received, items: Sequence[Item], context: FeedContext) -> None:
        """Book what leaves no event of its own before the answer, and give its share of the budget back."""
        counts = Ingested(items).counts()
        self.limits.give_back_events(request.client_id, counts["duplicate"] + counts["ignored"])
        delivery_id = request.delivery or uuid4().hex
        counter = ingest_counters.build_delivery_counter(request.client_id, delivery_id, context.received_at, items)
        if counter is None or request.replay_of:
            return
        (result,) = await self.writer.write([counter])
        if result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError("the books could not be kept; send again", retry_after_seconds=1)


def _new(completed: Completed, delivery: str) -> Create:
    event = completed.event
    place = paths.event(event.client_id, event.event_id)
    document = codec.new_event_document(event, completed.fingerprint, cumulative=completed.cumulative)
    return Create(place, document | ({"delivery": delivery} if delivery else {}))


def _mentioned(result: WriteResult, is_first: bool) -> WriteResult:
    """Return what became of one mention of an event: what comes again in a request meets what the first one wrote."""
    again = not is_first and result.status is WriteStatus.WRITTEN
    return WriteResult(WriteStatus.EXISTS) if again else result


def _end(completed: Completed, result: WriteResult) -> Item:
    event_id = completed.event.event_id
    if result.status is WriteStatus.WRITTEN:
        return Item(Outcome.STORED, event_id)
    if result.status is WriteStatus.REFUSED:
        message = "this event cannot be stored as it is; it is kept aside for the operator"
        return Item(Outcome.DEAD_LETTERED, event_id, "store_refused", message)
    return unavailable(result.error or BrainError("the store did not answer"))
