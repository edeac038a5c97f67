"""Any mix of callers, cancellations and failures leaves every caller of a shared commit with the truth."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from brain.errors import StoreUnavailableError
from brain.ports.document_store import Set, WriteResult, WriteStatus
from brain.services.gateway.group_commit import GroupCommit
from brain.testing.gated_writer import GatedWriter, run_ready_tasks, run_with_timeout

Key = tuple[int, int]
STATUS = {"ok": WriteStatus.WRITTEN, "unavailable": WriteStatus.UNAVAILABLE}


@dataclass(frozen=True)
class Call:
    """One caller: the documents it writes, in order, and whether it is cancelled while it waits."""

    documents: list[int]
    cancelled: bool


@dataclass
class Storm:
    """Callers come one after the other, batches end as planned, oldest first."""

    calls: list[Call]
    outcomes: Iterator[str]
    writer: GatedWriter = field(default_factory=GatedWriter)
    sent: dict[str, list[Key]] = field(default_factory=lambda: defaultdict(list))
    fates: dict[Key, str] = field(default_factory=dict)

    async def rage(self, shared: GroupCommit) -> list[asyncio.Task[list[WriteResult]]]:
        """Run until every caller has heard or given up."""
        tasks = [await self._come(shared, call_index, call) for call_index, call in enumerate(self.calls)]
        while not all(task.done() for task in tasks):
            await run_ready_tasks()
            self._end_oldest()
            await run_ready_tasks()
        return tasks

    async def _come(self, shared: GroupCommit, call_index: int, call: Call) -> asyncio.Task[list[WriteResult]]:
        writes = [Set(f"c/{name}", {"call": call_index, "place": index}) for index, name in enumerate(call.documents)]
        task = asyncio.create_task(shared.write(writes))
        await asyncio.sleep(0)
        if call.cancelled:
            task.cancel()
        return task

    def _end_oldest(self) -> None:
        waiting = (batch_index for batch_index, gate in enumerate(self.writer.gates) if not gate.done())
        batch_index = next(waiting, None)
        if batch_index is None:
            return
        outcome = next(self.outcomes, "ok")
        for write in self.writer.batches[batch_index]:
            assert isinstance(write, Set)
            key = (write.data["call"], write.data["place"])
            self.sent[write.path].append(key)
            self.fates[key] = outcome
        if outcome == "ok":
            self.writer.release(batch_index)
        else:
            error = StoreUnavailableError("away") if outcome == "unavailable" else ZeroDivisionError()
            self.writer.gates[batch_index].set_exception(error)

    def check(self, task: asyncio.Task[list[WriteResult]], call_index: int) -> None:
        """A caller that was not cancelled heard each of its writes' fates, in its order."""
        if task.cancelled():
            return
        fates = [self.fates.get((call_index, index)) for index in range(len(self.calls[call_index].documents))]
        if task.exception() is not None:
            assert "defect" in fates
        else:
            assert [result.status for result in task.result()] == [STATUS[str(fate)] for fate in fates]


OUTCOMES = st.lists(st.sampled_from(["ok", "ok", "ok", "unavailable", "defect"]), max_size=40)
CALLS = st.lists(st.builds(Call, st.lists(st.integers(0, 6), max_size=5), st.booleans()), max_size=12)


@settings(deadline=None, max_examples=150)
@given(calls=CALLS, outcomes=OUTCOMES, most=st.integers(1, 3), size=st.integers(1, 4))
def test_no_order_of_events_loses_or_doubles_an_answer(
    calls: list[Call], outcomes: list[str], most: int, size: int
) -> None:
    """Each caller hears of its own writes, none is sent twice, one document's writes keep their order, all end."""
    storm = Storm(calls, iter(outcomes))

    async def test() -> None:
        tasks = await storm.rage(GroupCommit(storm.writer, max_writes=size, max_in_flight=most))
        for call_index, task in enumerate(tasks):
            storm.check(task, call_index)

    run_with_timeout(test)
    assert storm.writer.max_in_flight <= most
    assert all(count <= size for count in storm.writer.batch_sizes)
    for keys in storm.sent.values():
        assert keys == sorted(set(keys))
