"""Concurrent callers share commits, and each hears the truth about its own writes."""

import asyncio

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.errors import AlreadyExistsError, StoreUnavailableError
from brain.ports.document_store import Create, Increment, Set, Write, WriteResult, WriteStatus
from brain.services.gateway.group_commit import GroupCommit
from brain.testing.faulty_store import FaultMode, FaultyWriter, ProcessKilled
from brain.testing.gated_writer import WRITTEN, GatedWriter, run_ready_tasks, run_with_timeout
from brain.testing.manual_clock import ManualClock


def creates(*names: str) -> list[Write]:
    """One create a name."""
    return [Create(f"c/{name}", {}) for name in names]


def test_what_arrives_meanwhile_goes_together() -> None:
    """Callers ready at once share the first batch; those who come while it is on its way share the next."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_in_flight=1)
        first = [asyncio.create_task(shared.write(creates(f"a{n}"))) for n in range(5)]
        await run_ready_tasks()
        later = [asyncio.create_task(shared.write(creates(f"b{n}", f"x{n}"))) for n in range(7)]
        await run_ready_tasks()
        assert writer.batch_sizes == [5]
        assert not any(task.done() for task in first + later)
        writer.release()
        assert await asyncio.gather(*first) == [[WRITTEN]] * 5
        await run_ready_tasks()
        assert writer.batch_sizes == [5, 14]
        assert not any(task.done() for task in later)
        writer.release()
        assert await asyncio.gather(*later) == [[WRITTEN] * 2] * 7

    run_with_timeout(test)


def test_batches_are_bounded_and_so_is_their_number() -> None:
    """A long call is split; at most the stated number of batches is on its way; results keep the call's order."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_writes=10, max_in_flight=2)
        call = asyncio.create_task(shared.write([Set(f"c/{n}", {"n": n}) for n in range(35)]))
        await run_ready_tasks()
        assert writer.batch_sizes == [10, 10]
        exists = WriteResult(WriteStatus.EXISTS, AlreadyExistsError("there"))
        writer.gates[1].set_result([exists] * 10)
        await run_ready_tasks()
        assert writer.batch_sizes == [10, 10, 10]
        writer.release(2)
        await run_ready_tasks()
        writer.release(3)
        await run_ready_tasks()
        assert not call.done()
        writer.release(0)
        assert await call == [WRITTEN] * 10 + [exists] * 10 + [WRITTEN] * 15
        assert writer.max_in_flight == 2

    run_with_timeout(test)


def test_one_document_twice_goes_one_after_the_other() -> None:
    """Writes to one document keep their order and never meet; others pass them."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_in_flight=3)
        calls = [
            asyncio.create_task(shared.write([Set("c/a", {"n": 1}), Set("c/a", {"n": 2}), Set("c/b", {"n": 1})])),
            asyncio.create_task(shared.write([Set("c/a", {"n": 3}), Set("c/d", {"n": 1})])),
        ]
        while not all(call.done() for call in calls):
            await run_ready_tasks()
            writer.release(len(writer.gates) - 1)
            await run_ready_tasks()
        assert [[write.path for write in batch] for batch in writer.batches] == [
            ["c/a", "c/b", "c/d"],
            ["c/a"],
            ["c/a"],
        ]
        assert [batch[0].data["n"] for batch in writer.batches if isinstance(batch[0], Set)] == [1, 2, 3]

    run_with_timeout(test)


def test_a_hot_counter_costs_one_write_a_batch() -> None:
    """Increments of one counter by many callers are added up into one write, and each caller hears of it."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_in_flight=2)
        first = asyncio.create_task(shared.write([_count(1)]))
        await run_ready_tasks()
        calls = [asyncio.create_task(shared.write([_count(n), Create(f"c/{n}", {})])) for n in range(50)]
        await run_ready_tasks()
        assert writer.batch_sizes == [1, 50]
        writer.release(0)
        await run_ready_tasks()
        assert writer.batches[2] == [_count(sum(range(50)))]
        for gate in (1, 2):
            assert not any(call.done() for call in calls)
            writer.release(gate)
        assert await asyncio.gather(first, *calls) == [[WRITTEN], *[[WRITTEN] * 2] * 50]

    run_with_timeout(test)


def test_a_bad_write_is_not_merged_with_a_good_one(clock: ManualClock) -> None:
    """An unlawful write to a counter is refused alone; what others add to it is kept."""
    store = SqliteStore(":memory:", clock)
    shared = GroupCommit(SqliteWriter(store))
    results = asyncio.run(shared.write([_count(1), Set("c/counter", {"__bad__": 1}, merge=True), _count(2), _count(3)]))
    assert [result.status.value for result in results] == ["written", "refused", "written", "written"]
    counter = store.get("c/counter")
    assert counter is not None
    assert counter.data == {"n": 6}


def _count(by: int) -> Write:
    return Set("c/counter", {"n": Increment(by)}, merge=True)


def test_a_failed_batch_reaches_its_own_callers_only() -> None:
    """Unavailable comes as a status, a defect as an exception, each to the callers of that batch and no others."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_writes=2, max_in_flight=4)
        calls = [asyncio.create_task(shared.write(creates(str(n)))) for n in range(8)]
        await run_ready_tasks()
        error = StoreUnavailableError("away")
        writer.gates[0].set_exception(error)
        writer.gates[1].set_exception(ZeroDivisionError())
        writer.gates[2].set_result([WRITTEN])  # one answer for two writes
        writer.release(3)
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert results[:2] == [[WriteResult(WriteStatus.UNAVAILABLE, error)]] * 2
        assert [type(result) for result in results[2:4]] == [ZeroDivisionError] * 2
        assert results[4] == [WRITTEN]
        assert isinstance(results[5], ValueError)
        assert results[6:] == [[WRITTEN]] * 2

    run_with_timeout(test)


def test_a_call_over_two_batches_fails_once_and_sends_no_more() -> None:
    """After one of its batches broke, a call's unsent writes are dropped; the queue goes on for others."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_writes=2, max_in_flight=1)
        broken = asyncio.create_task(shared.write(creates("a", "b", "c", "d")))
        sound = asyncio.create_task(shared.write(creates("e")))
        await run_ready_tasks()
        writer.gates[0].set_exception(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await broken
        await run_ready_tasks()
        assert [write.path for write in writer.batches[1]] == ["c/e"]
        writer.release()
        assert await sound == [WRITTEN]

    run_with_timeout(test)


def test_a_cancelled_caller_harms_nobody() -> None:
    """Cancelled before sending, its writes are not sent; cancelled on the way, the others still hear."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_in_flight=1)
        calls = [asyncio.create_task(shared.write(creates(name))) for name in "ab"]
        await run_ready_tasks()
        waiting = [asyncio.create_task(shared.write(creates(name))) for name in "cd"]
        await run_ready_tasks()
        calls[0].cancel()
        waiting[0].cancel()
        await run_ready_tasks()
        assert calls[0].cancelled()
        writer.release()
        assert await calls[1] == [WRITTEN]
        await run_ready_tasks()
        assert [write.path for write in writer.batches[1]] == ["c/d"]
        writer.release()
        assert await waiting[1] == [WRITTEN]

    run_with_timeout(test)


def test_a_full_queue_answers_at_once() -> None:
    """Beyond the bound a call's writes are unavailable, with a time to try again; earlier ones are not harmed."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer, max_writes=1, max_in_flight=1, max_waiting=3)
        first = asyncio.create_task(shared.write(creates("a")))
        await run_ready_tasks()
        second = asyncio.create_task(shared.write(creates("b", "c")))
        await run_ready_tasks()
        refused = await shared.write(creates("d", "e"))
        assert [result.status for result in refused] == [WriteStatus.UNAVAILABLE] * 2
        assert all(result.error is not None and result.error.retry_after_seconds for result in refused)
        third = asyncio.create_task(shared.write(creates("f")))
        while not third.done():
            await run_ready_tasks()
            writer.release()
            await run_ready_tasks()
        assert [await first, await second, await third] == [[WRITTEN], [WRITTEN] * 2, [WRITTEN]]
        assert sum(writer.batch_sizes) == 4

    run_with_timeout(test)


def test_nothing_to_write_is_nothing_sent() -> None:
    """An empty call is answered without a batch, and closing reaches the writer below."""

    async def test() -> None:
        writer = GatedWriter()
        shared = GroupCommit(writer)
        assert await shared.write([]) == []
        await shared.aclose()
        assert (writer.batches, writer.closed) == ([], True)

    run_with_timeout(test)


def test_each_event_loop_has_its_own_queue(clock: ManualClock) -> None:
    """One writer serves loop after loop, as one process serves test after test."""
    store = SqliteStore(":memory:", clock)
    shared = GroupCommit(SqliteWriter(store))
    for n in range(3):
        assert asyncio.run(shared.write(creates(f"{n}"))) == [WRITTEN]
    assert store.count("c") == 3


@pytest.mark.parametrize("mode", list(FaultMode))
@pytest.mark.parametrize("fail_at", [1, 2, 3])
def test_every_answer_is_true_when_a_batch_breaks(clock: ManualClock, mode: FaultMode, fail_at: int) -> None:
    """Whatever breaks: who heard ``written`` finds the document, and after trying again nothing is lost or double."""
    store = SqliteStore(":memory:", clock)
    writer = FaultyWriter(SqliteWriter(store), fail_at=fail_at, mode=mode)

    async def send() -> list[list[WriteResult] | BaseException]:
        shared = GroupCommit(writer, max_writes=4, max_in_flight=2)
        return await asyncio.gather(*(shared.write(creates(str(n))) for n in range(12)), return_exceptions=True)

    answers = asyncio.run(send())
    for n, answer in enumerate(answers):
        if isinstance(answer, BaseException):
            assert isinstance(answer, ProcessKilled)
        elif answer[0].status is WriteStatus.WRITTEN:
            assert store.get(f"c/{n}") is not None
        else:
            assert answer[0].status is WriteStatus.UNAVAILABLE
    assert sum(answer != [WRITTEN] for answer in answers) == 4
    again = asyncio.run(send())
    statuses = {result[0].status for result in again if not isinstance(result, BaseException)}
    assert statuses <= {WriteStatus.WRITTEN, WriteStatus.EXISTS}
    assert store.count("c") == 12
