"""An event writer whose batches stay in flight until a test releases them."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from brain.ports.document_store import Write, WriteResult, WriteStatus

WRITTEN = WriteResult(WriteStatus.WRITTEN)


class AsyncTest(Protocol):
    """An asynchronous test without arguments."""

    def __call__(self) -> Coroutine[object, object, None]:
        """Run the test."""


@dataclass
class GatedWriter:
    """An ``EventWriter`` that holds every batch in flight until ``release`` and records all batches.

    It asserts what callers of the port promise: a batch names each document once, and no two batches in flight name the
    same document. A test can also set the result or exception of a future in ``gates`` itself; None stands for a batch
    whose writes all succeeded.

    Example:
        >>> import asyncio
        >>> from brain.ports.document_store import Create
        >>> async def write_one() -> str:
        ...     writer = GatedWriter()
        ...     task = asyncio.create_task(writer.write([Create("events/e1", {})]))
        ...     await run_ready_tasks()
        ...     assert not task.done() and writer.in_flight == {"events/e1"}
        ...     writer.release()
        ...     return str((await task)[0].status)
        >>> asyncio.run(write_one())
        'written'
    """

    batches: list[list[Write]] = field(default_factory=list)
    gates: list[asyncio.Future[list[WriteResult] | None]] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)
    max_in_flight: int = 0
    closed: bool = False

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Wait until the test releases this batch."""
        paths = [write.path for write in writes]
        assert len(set(paths)) == len(paths), "a batch names a document twice"
        assert not self.in_flight & set(paths), "two batches in flight name the same document"
        self.in_flight.update(paths)
        gate: asyncio.Future[list[WriteResult] | None] = asyncio.get_running_loop().create_future()
        self.batches.append(list(writes))
        self.gates.append(gate)
        self.max_in_flight = max(self.max_in_flight, sum(not future.done() for future in self.gates))
        try:
            results = await gate
        finally:
            self.in_flight.difference_update(paths)
        return results if results is not None else [WRITTEN] * len(writes)

    async def aclose(self) -> None:
        """Record that the writer was closed."""
        self.closed = True

    def release(self, batch: int = -1) -> None:
        """Report all writes of a batch as written; by default of the last batch."""
        self.gates[batch].set_result(None)

    @property
    def batch_sizes(self) -> list[int]:
        """The number of writes of each batch, in the order of arrival."""
        return [len(batch) for batch in self.batches]


def run_with_timeout(test: AsyncTest) -> None:
    """Run an asynchronous test; fail it after 20 seconds instead of hanging."""
    asyncio.run(asyncio.wait_for(test(), 20))


async def run_ready_tasks() -> None:
    """Run every task that is ready, without letting time pass."""
    for _ in range(10):
        await asyncio.sleep(0)
