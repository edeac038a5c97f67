"""Group commit: concurrent callers share a batch, and writes that arrive while one is sent go with the next.

No caller waits for a timer, and each is answered only after its own writes are durable.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from brain.errors import StoreUnavailableError
from brain.ports.document_store import EventWriter, Write, WriteResult, WriteStatus
from brain.services.gateway.merge_writes import merge_writes

MAX_WRITES = 500
MAX_IN_FLIGHT = 3
MAX_WAITING = 20_000
_RETRY_AFTER_SECONDS = 1.0


class _Call:
    """The results of one call of ``write`` as they arrive; its future is done with the last of them."""

    def __init__(self, size: int) -> None:
        self.results: list[WriteResult | None] = [None] * size
        self.missing = size
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def set_result(self, index: int, write_result: WriteResult) -> None:
        self.results[index] = write_result
        self.missing -= 1
        if not self.missing and not self.future.done():
            self.future.set_result(None)

    def set_exception(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True)
class _QueuedWrite:
    """A write and the calls that wait for it, each with the write's index in the call."""

    write: Write
    waiters: list[tuple[_Call, int]]

    def set_result(self, write_result: WriteResult) -> None:
        for call, index in self.waiters:
            call.set_result(index, write_result)

    def set_exception(self, error: BaseException) -> None:
        for call, _ in self.waiters:
            call.set_exception(error)

    @property
    def is_abandoned(self) -> bool:
        return all(call.future.done() for call, _ in self.waiters)

    def absorb(self, later: "_QueuedWrite") -> bool:
        """Merge ``later`` into this write if one write can do what both do, and return whether it was merged."""
        write = merge_writes(self.write, later.write)
        if write is None:
            return False
        self.write = write
        self.waiters += later.waiters
        return True


class _WriteQueue:
    """The queue of one event loop and its batches in flight."""

    def __init__(self, writer: EventWriter, max_writes: int, max_in_flight: int) -> None:
        self.waiting: deque[_QueuedWrite] = deque()
        self._writer = writer
        self._max_writes = max_writes
        self._max_in_flight = max_in_flight
        self._in_flight: set[asyncio.Task[None]] = set()
        self._busy_paths: set[str] = set()
        self._is_scheduled = False

    def schedule(self) -> None:
        """Send as soon as the callers that are ready in this turn of the loop have added their writes."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._send_batches)

    def _send_batches(self) -> None:
        self._is_scheduled = False
        while len(self._in_flight) < self._max_in_flight:
            batch = self._next_batch()
            if not batch:
                return
            task = asyncio.get_running_loop().create_task(self._send(batch))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
            task.add_done_callback(lambda _: self.schedule())

    def _next_batch(self) -> list[_QueuedWrite]:
        """Take the oldest writes to distinct documents.

        A write to a document that occurred before is merged with the earlier one if possible. Else it waits for its
        turn, as does a write to a document that is in flight.
        """
        batch: list[_QueuedWrite] = []
        delayed: list[_QueuedWrite] = []
        latest_by_path: dict[str, _QueuedWrite] = {}
        while self.waiting and len(batch) < self._max_writes:
            queued = self.waiting.popleft()
            path = queued.write.path
            earlier = latest_by_path.get(path)
            if queued.is_abandoned or (earlier is not None and earlier.absorb(queued)):
                continue
            (delayed if path in self._busy_paths or earlier is not None else batch).append(queued)
            latest_by_path[path] = queued
        self.waiting.extendleft(reversed(delayed))
        self._busy_paths.update(queued.write.path for queued in batch)
        return batch

    async def _send(self, batch: list[_QueuedWrite]) -> None:
        try:
            write_results = await self._writer.write([queued.write for queued in batch])
            for queued, write_result in zip(batch, write_results, strict=True):
                queued.set_result(write_result)
        except StoreUnavailableError as error:
            unavailable = WriteResult(WriteStatus.UNAVAILABLE, error)
            for queued in batch:
                queued.set_result(unavailable)
        except BaseException as error:
            for queued in batch:
                queued.set_exception(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._busy_paths.difference_update(queued.write.path for queued in batch)


class GroupCommit:
    """An ``EventWriter`` over another one that sends batches of writes.

    Writes to one document keep their order and never share a batch; merging sets, such as increments of one counter,
    become one write. A caller that is cancelled takes its unsent writes with it, except those already merged with
    another's. Each event loop has its own queue.

    Args:
        writer: applies the batches.
        max_writes: the size of a batch.
        max_in_flight: how many batches are sent at the same time.
        max_waiting: the size of the queue; the writes of a call that does not fit are ``unavailable`` at once.
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
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _WriteQueue] = WeakKeyDictionary()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return their results once these are durable."""
        if not writes:
            return []
        queue = self._queue()
        if len(queue.waiting) + len(writes) > self._max_waiting:
            error = StoreUnavailableError(
                f"at most {self._max_waiting} writes may wait, got {len(queue.waiting) + len(writes)}; try again later",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]
        call = _Call(len(writes))
        queue.waiting.extend(_QueuedWrite(write, [(call, index)]) for index, write in enumerate(writes))
        queue.schedule()
        await call.future
        return [write_result for write_result in call.results if write_result is not None]

    async def aclose(self) -> None:
        """Close the writer."""
        await self._writer.aclose()

    def _queue(self) -> _WriteQueue:
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _WriteQueue(self._writer, self._max_writes, self._max_in_flight)
        return queue
