"""Lets concurrent callers share a commit: what arrives while one is on its way goes together with the next.

No caller waits for a timer, and each is answered only after its own writes are durable.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from brain.errors import StoreUnavailableError
from brain.ports.document_store import EventWriter, Write, WriteResult, WriteStatus
from brain.services.gateway.merged_writes import merged

MAX_WRITES = 500
MAX_IN_FLIGHT = 3
MAX_WAITING = 20_000
_RETRY_AFTER_SECONDS = 1.0


class _Caller:
    """One call's results as they come in; its future is done with the last of them."""

    def __init__(self, size: int) -> None:
        self.results: list[WriteResult | None] = [None] * size
        self.missing = size
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answer(self, place: int, result: WriteResult) -> None:
        self.results[place] = result
        self.missing -= 1
        if not self.missing and not self.future.done():
            self.future.set_result(None)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True)
class _Entry:
    """A write and who waits for it, each with the write's place in its own call."""

    write: Write
    waiting: list[tuple[_Caller, int]]

    def answer(self, result: WriteResult) -> None:
        for caller, place in self.waiting:
            caller.answer(place, result)

    def fail(self, error: BaseException) -> None:
        for caller, _ in self.waiting:
            caller.fail(error)

    @property
    def given_up(self) -> bool:
        return all(caller.future.done() for caller, _ in self.waiting)


class _Lane:
    """The queue of one event loop and its batches on their way."""

    def __init__(self, writer: EventWriter, max_writes: int, max_in_flight: int) -> None:
        self.waiting: deque[_Entry] = deque()
        self._writer = writer
        self._max_writes = max_writes
        self._max_in_flight = max_in_flight
        self._sending: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        self._scheduled = False

    def schedule(self) -> None:
        """Send as soon as the callers that are ready in this turn of the loop have added theirs."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._send_what_can_go)

    def _send_what_can_go(self) -> None:
        self._scheduled = False
        while len(self._sending) < self._max_in_flight:
            batch = self._next_batch()
            if not batch:
                return
            task = asyncio.get_running_loop().create_task(self._send(batch))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            task.add_done_callback(lambda _: self.schedule())

    def _next_batch(self) -> list[_Entry]:
        """Take the oldest writes to distinct documents.

        A write to a document that was seen before is merged with the earlier one where that is possible; else it
        waits, in its order, as does one to a document that is on its way.
        """
        batch: list[_Entry] = []
        held: list[_Entry] = []
        latest: dict[str, _Entry] = {}
        while self.waiting and len(batch) < self._max_writes:
            entry = self.waiting.popleft()
            if entry.given_up or _joined(latest.get(entry.write.path), entry):
                continue
            path = entry.write.path
            (held if path in self._busy or path in latest else batch).append(entry)
            latest[path] = entry
        self.waiting.extendleft(reversed(held))
        self._busy.update(entry.write.path for entry in batch)
        return batch

    async def _send(self, batch: list[_Entry]) -> None:
        try:
            results = await self._writer.write([entry.write for entry in batch])
            for entry, result in zip(batch, results, strict=True):
                entry.answer(result)
        except StoreUnavailableError as error:
            unavailable = WriteResult(WriteStatus.UNAVAILABLE, error)
            for entry in batch:
                entry.answer(unavailable)
        except BaseException as error:
            for entry in batch:
                entry.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._busy.difference_update(entry.write.path for entry in batch)


def _joined(earlier: _Entry | None, later: _Entry) -> bool:
    """Merge ``later`` into ``earlier`` if one write can do what both do."""
    write = merged(earlier.write, later.write) if earlier else None
    if earlier is None or write is None:
        return False
    earlier.write = write
    earlier.waiting += later.waiting
    return True


class GroupCommit:
    """An ``EventWriter`` over another: batches of up to ``max_writes``, at most ``max_in_flight`` on their way.

    Writes to one document keep their order and never share a batch; merging sets, such as increments of one counter,
    become one write. When more than ``max_waiting`` writes would
    wait, a call's writes come back as ``unavailable`` at once. A caller that is cancelled takes its unsent writes
    with it, except those already merged with another's. Each event loop has a queue of its own.
    """

    def __init__(
        self,
        writer: EventWriter,
        *,
        max_writes: int = MAX_WRITES,
        max_in_flight: int = MAX_IN_FLIGHT,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._writer = writer
        self._max_writes = max_writes
        self._max_in_flight = max_in_flight
        self._max_waiting = max_waiting
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Lane] = WeakKeyDictionary()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return when each one's fate is durable."""
        if not writes:
            return []
        lane = self._lane()
        if len(lane.waiting) + len(writes) > self._max_waiting:
            full = StoreUnavailableError(
                f"More than {self._max_waiting} writes are waiting; try again in a moment.",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )
            return [WriteResult(WriteStatus.UNAVAILABLE, full) for _ in writes]
        caller = _Caller(len(writes))
        lane.waiting.extend(_Entry(write, [(caller, place)]) for place, write in enumerate(writes))
        lane.schedule()
        await caller.future
        return [result for result in caller.results if result is not None]

    async def aclose(self) -> None:
        """Let go of the writer below."""
        await self._writer.aclose()

    def _lane(self) -> _Lane:
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None:
            lane = self._lanes[loop] = _Lane(self._writer, self._max_writes, self._max_in_flight)
        return lane
