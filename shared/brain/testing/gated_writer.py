"""An ``EventWriter`` whose batches stay on their way until the test lets them go."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from brain.ports.document_store import Write, WriteResult, WriteStatus

WRITTEN = WriteResult(WriteStatus.WRITTEN)


@dataclass
class GatedWriter:
    """Keeps each batch on its way until the test lets it go, and remembers what came."""

    batches: list[list[Write]] = field(default_factory=list)
    gates: list[asyncio.Future[list[WriteResult] | None]] = field(default_factory=list)
    on_the_way: set[str] = field(default_factory=set)
    most_in_flight: int = 0
    closed: bool = False

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Wait for the test; None stands for all written."""
        paths = [write.path for write in writes]
        assert len(set(paths)) == len(paths), "a batch names a document twice"
        assert not self.on_the_way & set(paths), "two batches on their way name one document"
        self.on_the_way.update(paths)
        gate: asyncio.Future[list[WriteResult] | None] = asyncio.get_running_loop().create_future()
        self.batches.append(list(writes))
        self.gates.append(gate)
        self.most_in_flight = max(self.most_in_flight, sum(not one.done() for one in self.gates))
        try:
            results = await gate
        finally:
            self.on_the_way.difference_update(paths)
        return results if results is not None else [WRITTEN] * len(writes)

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def let_go(self, at: int = -1) -> None:
        """Answer a batch: all written."""
        self.gates[at].set_result(None)

    @property
    def sizes(self) -> list[int]:
        """The batches' sizes, in the order they came."""
        return [len(batch) for batch in self.batches]


def run_with_timeout(test: Callable[[], Awaitable[None]]) -> None:
    """Run one asynchronous test, and fail it rather than hang."""
    asyncio.run(asyncio.wait_for(test(), 20))


async def run_ready_tasks() -> None:
    """Let everything that is ready run, without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)
