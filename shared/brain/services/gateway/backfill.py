"""Takes history in from a file: through the service of live events, piece by piece, and resumable at any moment."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4

from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.normalize import Completed
from brain.domain.gateway.results import Item, Outcome
from brain.errors import InvalidInputError, PayloadTooLargeError, StoreUnavailableError
from brain.repositories.gateway.backfills import Backfills, Checkpoint
from brain.services.gateway.ingest import MAX_EVENTS, Ingest
from brain.services.gateway.keep_dead_letter import Received

ATTEMPTS = 6
BATCHES_A_CHECKPOINT = 10
CORRELATION = "backfill"


class Place(NamedTuple):
    """How far a file is read: bytes and lines."""

    offset: int = 0
    line: int = 0


class Piece(NamedTuple):
    """One payload of a file, where it begins and ends; what cannot be read is the error and the ``raw`` bytes."""

    line: int
    value: Any
    end: Place
    raw: bytes = b""
    content_type: str = "application/json"


class Fault(NamedTuple):
    """A piece that made no event, and why."""

    line: int
    outcome: str
    error_code: str
    message: str


class Step(NamedTuple):
    """What a batch came to; ``end`` is where the file is read to."""

    counts: Mapping[str, int]
    faults: Sequence[Fault]
    end: Place


@dataclass(frozen=True, slots=True)
class History:
    """A file's content by ``key``, the feed it is from, and how to read its pieces from a place on."""

    key: str
    source: str
    pieces: Callable[[Place], Iterable[Piece]]


_Batch: TypeAlias = list[tuple[Piece, list[Completed | Item]]]
_Chunk: TypeAlias = Sequence[tuple[Piece, Completed | Item]]
_Ended: TypeAlias = tuple[Piece, Item]


@dataclass(slots=True)
class Backfill:
    """One batch of up to 500 events at a time: that is its pace, and it takes no budget from live senders.

    A killed run is resumed from its last checkpoint, at most ten batches back; what it had stored after it counts as
    stored again, not as a duplicate. The same file after a run that was finished is a new run: all duplicates.
    """

    ingest: Ingest
    new_run: Callable[[], str] = field(default=lambda: uuid4().hex)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def __call__(self, history: History, context: FeedContext) -> AsyncIterator[Step]:
        """Yield what each batch came to, first of all what an earlier attempt had done.

        Raises:
            StoreUnavailableError: the store stayed away; the next call goes on from the checkpoint.
        """
        backfills = Backfills(self.ingest.store, context.client_id)
        checkpoint = await self.patiently(lambda: asyncio.to_thread(backfills.read, history.key))
        if checkpoint is None or checkpoint.done:
            checkpoint = Checkpoint(self.new_run(), context.received_at)
            await self._keep(backfills, history.key, checkpoint)
        counts = Counter(checkpoint.counts)
        place = Place(checkpoint.offset, checkpoint.line)
        yield Step(counts.copy(), (), place)
        run = _Run(self, history.source, checkpoint.run, replace(context, received_at=checkpoint.received_at))
        number = 0
        async for step in run.steps(history.pieces(place)):
            counts.update(step.counts)
            number, place = number + 1, step.end
            if number % BATCHES_A_CHECKPOINT == 0:
                await self._keep(backfills, history.key, replace(checkpoint, **_stand(place, counts)))
            yield step
        await self._keep(backfills, history.key, replace(checkpoint, **_stand(place, counts), done=True))

    async def _keep(self, backfills: Backfills, key: str, checkpoint: Checkpoint) -> None:
        await self.patiently(lambda: asyncio.to_thread(backfills.write, key, checkpoint))

    async def patiently(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do what the store may be too busy for, again and again, with pauses of 1, 2, 4, … seconds."""
        for attempt in range(ATTEMPTS - 1):
            try:
                return await work()
            except StoreUnavailableError:
                await self.sleep(2.0**attempt)
        return await work()


@dataclass(slots=True)
class _Run:
    """One run over one file: the same pieces make the same batches, whichever attempt sends them."""

    backfill: Backfill
    source: str
    name: str
    context: FeedContext

    async def steps(self, pieces: Iterable[Piece]) -> AsyncIterator[Step]:
        """Send batch after batch, in their order; the next one is read while one is on its way."""
        sending: asyncio.Task[Step] | None = None
        try:
            for batch in self._batches(pieces):
                if sending is not None:
                    yield await sending
                sending = asyncio.create_task(self._send(batch))
                await asyncio.sleep(0)
            if sending is not None:
                yield await sending
        finally:
            if sending is not None and not sending.done():
                sending.cancel()

    def _batches(self, pieces: Iterable[Piece]) -> Iterator[_Batch]:
        batch: _Batch = []
        size = 0
        for piece in pieces:
            found = self.backfill.ingest.read(self.source, piece.value, self.context)
            if batch and size + len(found) > MAX_EVENTS:
                yield batch
                batch, size = [], 0
            batch.append((piece, found))
            size += len(found)
        if batch:
            yield batch

    async def _send(self, batch: _Batch) -> Step:
        """Send what can be stored together; what is kept aside goes piece by piece, so that no good one is kept."""
        done: list[_Ended] = []
        for part in [[pair for pair in batch if not _to_be_kept(pair[1])], *([p] for p in batch if _to_be_kept(p[1]))]:
            for first, chunk in _chunks(part):
                done += await self._take_apart(first, chunk)
        counts = Counter(str(item.outcome) for _, item in done)
        faults = sorted(_fault(piece, item) for piece, item in done if item.error_code)
        return Step(counts, faults, batch[-1][0].end)

    async def _take_apart(self, first: int, chunk: _Chunk) -> list[_Ended]:
        """Send a chunk whole, or without the items that the store shows to be in conflict, and those piece by piece."""
        whole = chunk[0][0].line != chunk[-1][0].line
        ended = await self._take(chunk, chunk, first, whole=whole)
        aside = [place for place, (_, item) in enumerate(ended) if item.outcome is Outcome.DEAD_LETTERED]
        if not (whole and aside):
            return ended
        rest = [pair for place, pair in enumerate(chunk) if place not in aside]
        ended = await self._take(chunk, rest, first) if rest else []
        for line in dict.fromkeys(chunk[place][0].line for place in aside):
            alone = [chunk[place] for place in aside if chunk[place][0].line == line]
            ended += await self._take(alone, alone, -1 - first)
        return ended

    async def _take(self, named: _Chunk, chunk: _Chunk, first: int, *, whole: bool = False) -> list[_Ended]:
        """Send up to 500 events, under the name of the chunk they are of, until each has come to an end."""
        sending = f"{self.name}:{named[0][0].line}:{named[0][0].end.offset}:{first}"
        delivery = derive_delivery_id(self.context.client_id, self.source, sending, b"")
        body, content_type = (b"", "") if whole else _body(chunk)
        request = Received(self.context.client_id, self.source, content_type, body, CORRELATION, delivery)

        async def take() -> Sequence[Item]:
            done = await self.backfill.ingest.take(request, [one for _, one in chunk], self.context, whole=whole)
            if any(item.outcome is Outcome.UNAVAILABLE for item in done.items):
                raise StoreUnavailableError("the store did not take all of a batch; run the same command to go on")
            return done.items

        try:
            items = await self.backfill.patiently(take)
        except PayloadTooLargeError as error:
            items = [Item(Outcome.REJECTED, error_code=error.code, message=error.message)] * len(chunk)
        return [(piece, item) for (piece, _), item in zip(chunk, items, strict=True)]


def _to_be_kept(found: Sequence[Completed | Item]) -> bool:
    return any(isinstance(one, Item) and one.outcome is Outcome.DEAD_LETTERED for one in found)


def _chunks(part: _Batch) -> Iterator[tuple[int, list[tuple[Piece, Completed | Item]]]]:
    """Yield at most 500 items at a time, each with its piece; a page of a provider may hold more."""
    flat = [(piece, one) for piece, found in part for one in found]
    for first in range(0, len(flat), MAX_EVENTS):
        yield first, flat[first : first + MAX_EVENTS]


def _body(chunk: _Chunk) -> tuple[bytes, str]:
    """Return what a dead letter of these pieces keeps: the payloads, or the bytes that could not be read."""
    pieces = list({piece.line: piece for piece, _ in chunk}.values())
    if isinstance(pieces[0].value, InvalidInputError):
        return pieces[0].raw, pieces[0].content_type
    return json.dumps([piece.value for piece in pieces], ensure_ascii=False).encode(), "application/json"


def _fault(piece: Piece, item: Item) -> Fault:
    return Fault(piece.line, str(item.outcome), item.error_code or "internal", item.message or "")


def _stand(place: Place, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"offset": place.offset, "line": place.line, "counts": dict(counts)}
