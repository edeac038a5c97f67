"""The test doubles fulfil the ports they stand for, and fail only where a test asks for it.

The faulty store and writer pass the store's contract in tests/contract/documents and fail on demand in
tests/faults/test_faulty_store.py.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.cloud.firestore_v1.types import firestore

from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.errors import StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, EventWriter, Set, Write, WriteResult, WriteStatus
from brain.ports.sales_warehouse import ResultTable
from brain.ports.secrets import Secrets
from brain.testing.faulty_store import FaultMode, ProcessKilled, RandomFaults
from brain.testing.faulty_warehouse import FaultyShopDatabase
from brain.testing.firestore_proxy import NetworkFault, run_proxy
from brain.testing.gated_writer import GatedWriter, run_ready_tasks, run_with_timeout
from brain.testing.loopback_firestore import SERVICE, run_loopback
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import fail_on_error
from brain.testing.simulations.ingest_faults import FlakyWriter, PartialRetrySender
from brain.testing.simulations.memory_brain import MutableSecrets
from brain.testing.simulations.senders import Sender, SenderRequest
from brain.testing.simulations.shop_clients import open_warehouse

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_manual_clock_moves_only_when_told() -> None:
    """``now`` stands still; ``advance`` and ``sleep`` move it and return at once."""
    manual_clock = ManualClock(START)
    clock: Clock = manual_clock
    assert [clock.now(), clock.now()] == [START, START]
    clock.sleep(90.5)
    assert clock.now() == START + timedelta(seconds=90.5)
    assert manual_clock.advance(timedelta(days=-1)) == clock.now() == START + timedelta(days=-1, seconds=90.5)


def test_secrets_change_at_any_time() -> None:
    """A reader sees the text of the moment."""
    mutable_secrets = MutableSecrets()
    secrets: Secrets = mutable_secrets
    before = secrets.read("BRAIN_HASH_SALT")
    mutable_secrets.texts["BRAIN_HASH_SALT"] = "another salt of a test"
    assert (before, secrets.read("BRAIN_HASH_SALT")) == ("the first salt of a test", "another salt of a test")


def test_gated_writer_returns_results_in_the_order_of_release() -> None:
    """Batches wait for their release, in any order; every write of a released batch is written."""

    async def write_two() -> None:
        gated_writer = GatedWriter()
        writer: EventWriter = gated_writer
        first = asyncio.create_task(writer.write([Create("events/a", {}), Create("events/b", {})]))
        second = asyncio.create_task(writer.write([Create("events/c", {})]))
        await run_ready_tasks()
        assert (gated_writer.batch_sizes, gated_writer.max_in_flight) == ([2, 1], 2)
        assert gated_writer.in_flight == {"events/a", "events/b", "events/c"}
        gated_writer.release()
        await run_ready_tasks()
        assert (first.done(), second.done()) == (False, True)
        gated_writer.release(0)
        assert [result.status for result in await first] == [WriteStatus.WRITTEN] * 2
        assert gated_writer.in_flight == set()
        await writer.aclose()
        assert gated_writer.closed

    run_with_timeout(write_two)


def test_gated_writer_rejects_what_the_port_forbids() -> None:
    """A batch that names a document twice, and two batches in flight with the same document."""

    async def write_conflicting() -> None:
        writer = GatedWriter()
        with pytest.raises(AssertionError, match="a batch names a document twice"):
            await writer.write([Create("events/a", {}), Set("events/a", {})])
        pending = asyncio.create_task(writer.write([Create("events/a", {})]))
        await run_ready_tasks()
        with pytest.raises(AssertionError, match="two batches in flight name the same document"):
            await writer.write([Create("events/a", {})])
        writer.gates[0].set_exception(StoreUnavailableError("unavailable", retry_after_seconds=0))
        with pytest.raises(StoreUnavailableError):
            await pending

    run_with_timeout(write_conflicting)


def test_random_faults_are_seeded() -> None:
    """The same seed fails the same calls, about the given share, half of them after they were applied."""
    runs = []
    for _ in range(2):
        faults = RandomFaults(rate=0.2, seed=7)
        runs.append([faults.next_call("get") for _ in range(1000)])
        assert faults.failures == sum(mode is not None for mode in runs[-1])
    assert runs[0] == runs[1]
    assert 70 < runs[0].count(FaultMode.REFUSE) < 130
    assert 70 < runs[0].count(FaultMode.LOSE) < 130


def test_flaky_writer_fails_single_writes() -> None:
    """Refused writes do not reach the inner writer, lost ones do; all others are written."""

    async def write_batch() -> None:
        inner = GatedWriter()
        writer: EventWriter = FlakyWriter(inner, RandomFaults(rate=0.5, seed=3))
        pending = asyncio.create_task(writer.write([Create(f"events/{n}", {}) for n in range(100)]))
        await run_ready_tasks()
        inner.release()
        statuses = [result.status for result in await pending]
        written = statuses.count(WriteStatus.WRITTEN)
        assert written + statuses.count(WriteStatus.UNAVAILABLE) == 100
        assert 0 < written < len(inner.batches[0]) < 100

    run_with_timeout(write_batch)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[SqlWarehouse]:
    """An empty shop database."""
    with closing(open_warehouse(f"sqlite:///{tmp_path / 'shop.db'}")) as database:
        database.upgrade()
        yield database


def test_faulty_shop_database_without_faults_delegates(warehouse: SqlWarehouse) -> None:
    """Reads and writes are those of the inner database; writes are counted."""
    database = FaultyShopDatabase(warehouse)
    database.put_results(ResultTable.HYPOTHESES, [])
    assert (database.writes, database.stores()) == (1, [])


@pytest.mark.parametrize("mode", list(FaultMode))
def test_faulty_shop_database_fails_the_chosen_write(mode: FaultMode) -> None:
    """Before or after it is applied, with the error of an unavailable database or the end of the process."""
    applied: list[str] = []

    class RecordingDatabase:
        """A database that records the hypotheses written to it."""

        def put_results(self, _: ResultTable, rows: list[dict[str, str]]) -> None:
            """Record the rows' ids."""
            applied.extend(row["hypothesis_id"] for row in rows)

    database = FaultyShopDatabase(RecordingDatabase(), fail_at=2, mode=mode)
    expected_error = ProcessKilled if mode in {FaultMode.KILL, FaultMode.KILL_AFTER} else StoreUnavailableError
    database.put_results(ResultTable.HYPOTHESES, [{"hypothesis_id": "h1"}])
    with pytest.raises(expected_error):
        database.put_results(ResultTable.HYPOTHESES, [{"hypothesis_id": "h2"}])
    database.put_results(ResultTable.HYPOTHESES, [{"hypothesis_id": "h3"}])
    assert applied == (["h1", "h2", "h3"] if mode in {FaultMode.LOSE, FaultMode.KILL_AFTER} else ["h1", "h3"])


def respond(_method: str, _request: Any, call_number: int) -> Any:
    """Respond to a commit with as many results as there have been calls."""
    return firestore.CommitResponse(write_results=[{}] * call_number)


@pytest.mark.parametrize(
    ("fault", "applied"),
    [
        (NetworkFault.REFUSE, False),
        (NetworkFault.DROP, True),
        (NetworkFault.CUT_SHORT, True),
        (NetworkFault.UNAVAILABLE, False),
        (NetworkFault.ABORTED, False),
    ],
)
def test_firestore_proxy_fails_the_chosen_call(fault: NetworkFault, applied: bool) -> None:
    """The first and the third call pass; the second fails, and reaches the server or not."""
    with run_loopback(respond) as (host, calls), run_proxy(host, fail_at=2, fault=fault) as proxy:
        assert commit(proxy.host) == 1
        assert commit(proxy.host) == (
            grpc.StatusCode.ABORTED if fault is NetworkFault.ABORTED else grpc.StatusCode.UNAVAILABLE
        )
        if fault is NetworkFault.REFUSE:
            assert commit(proxy.host) is grpc.StatusCode.UNAVAILABLE
        assert commit(proxy.host) == 2 + applied
        assert (calls["Commit"], proxy.has_failed) == (2 + applied, True)


def test_firestore_proxy_repairs_an_outage() -> None:
    """Every call fails from the chosen one on, until ``repair``."""
    with run_loopback(respond) as (host, calls), run_proxy(host, fail_at=1, fault=NetworkFault.OUTAGE) as proxy:
        assert [commit(proxy.host) for _ in range(2)] == [grpc.StatusCode.UNAVAILABLE] * 2
        proxy.repair()
        assert commit(proxy.host) == 1
        assert (proxy.calls, calls["Commit"]) == (3, 1)


def commit(host: str) -> Any:
    """Commit nothing on a new connection; return the number of results, or the status code of the error."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(host, options=options) as channel:
        method = channel.unary_unary(SERVICE + "Commit", response_deserializer=firestore.CommitResponse.deserialize)
        try:
            return len(method(b"", timeout=10).write_results)
        except grpc.RpcError as error:
            return error.code()


@pytest.mark.parametrize("sender_class", [Sender, PartialRetrySender])
def test_a_sender_gives_up_after_its_last_attempt(sender_class: type[Sender]) -> None:
    """A test that waits for a final response fails instead of waiting for ever."""

    async def deliver() -> int:
        transport = httpx.MockTransport(lambda _: httpx.Response(503, json={"code": "store_unavailable"}))
        async with httpx.AsyncClient(transport=transport, base_url="http://brain.example") as client:
            sender = sender_class(client, "a key", max_attempts=3)
            with pytest.raises(AssertionError, match=r"r1.* got no final response"):
                await sender.deliver([SenderRequest("r1", b"[]")])
            return sender.status_counts[503]

    assert asyncio.run(deliver()) == 3


def test_a_part_that_fails_in_a_simulation_fails_the_test() -> None:
    """With the part's own error as the cause."""
    cause = ZeroDivisionError()
    with pytest.raises(AssertionError, match="policy") as raised:
        fail_on_error("policy", cause)
    assert raised.value.__cause__ is cause


def test_flaky_writer_closes_the_writer_that_does_the_work() -> None:
    """Whatever it fails."""

    class Closable:
        """A writer that knows whether it is open."""

        is_open = True

        async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
            return [WriteResult(WriteStatus.WRITTEN) for _ in writes]

        async def aclose(self) -> None:
            self.is_open = False

    inner = Closable()
    asyncio.run(FlakyWriter(inner, RandomFaults(0.5, seed=1)).aclose())
    assert not inner.is_open
