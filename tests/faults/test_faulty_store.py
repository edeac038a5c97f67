"""The breaking stores break where and how they say, and count as Firestore bills."""

import asyncio
from collections import Counter

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.errors import StoreUnavailableError
from brain.ports.document_store import Create, WriteStatus
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, ProcessKilled
from brain.testing.manual_clock import ManualClock


@pytest.fixture
def inner(clock: ManualClock) -> SqliteStore:
    """A store in memory."""
    return SqliteStore(":memory:", clock)


@pytest.mark.parametrize(
    ("mode", "raised", "applied"),
    [
        (FaultMode.REFUSE, StoreUnavailableError, False),
        (FaultMode.LOSE, StoreUnavailableError, True),
        (FaultMode.KILL, ProcessKilled, False),
        (FaultMode.KILL_AFTER, ProcessKilled, True),
    ],
)
def test_the_named_call_breaks_and_no_other(
    inner: SqliteStore, mode: FaultMode, raised: type[BaseException], applied: bool
) -> None:
    """The second call breaks, before or after it is applied; the first and the third do not."""
    store = FaultyStore(inner, fail_at=2, mode=mode)
    store.create("c/a", {})
    with pytest.raises(raised):
        store.create("c/b", {})
    store.create("c/c", {})
    assert [snapshot is not None for snapshot in inner.get_all(["c/a", "c/b", "c/c"])] == [True, applied, True]


@pytest.mark.parametrize(("mode", "applied"), [(FaultMode.REFUSE, 0), (FaultMode.LOSE, 2)])
def test_a_broken_batch_says_unavailable_for_each(inner: SqliteStore, mode: FaultMode, applied: int) -> None:
    """A batch that breaks answers per write, in the store and in the writer, applied or not."""
    store = FaultyStore(inner, fail_at=1, mode=mode)
    writer = FaultyWriter(SqliteWriter(inner), fail_at=1, mode=mode)
    for writer_name, results in (
        ("s", store.write_many([Create("s/a", {}), Create("s/b", {})])),
        ("w", asyncio.run(writer.write([Create("w/a", {}), Create("w/b", {})]))),
    ):
        assert [outcome.status for outcome in results] == [WriteStatus.UNAVAILABLE] * 2
        assert inner.count(writer_name) == applied


def test_a_killed_writer_raises(inner: SqliteStore) -> None:
    """A kill goes past every ``except Exception``, with the batch applied or not."""
    for mode, applied in ((FaultMode.KILL, 0), (FaultMode.KILL_AFTER, 1)):
        writer = FaultyWriter(SqliteWriter(inner), fail_at=2, mode=mode)
        asyncio.run(writer.write([Create(f"first/{mode}", {})]))
        with pytest.raises(ProcessKilled):
            asyncio.run(writer.write([Create(f"{mode}/a", {})]))
        assert (inner.count(mode), writer.calls, writer.writes) == (applied, 2, 1 + applied)


def test_it_counts_calls_and_what_firestore_would_bill(inner: SqliteStore) -> None:
    """Reads and writes are documents; an empty answer is one read, a count one per thousand."""
    store = FaultyStore(inner)
    store.create("c/a", {"n": 1})
    store.set("c/b", {"n": 1})
    store.commit([Create("c/a/d/x", {}), Create("c/a/d/y", {})])
    store.write_many([Create("c/e", {})])
    assert (store.writes, store.writes_by) == (5, {"c": 3, "d": 2})
    store.get("c/none")
    store.get_all(["c/a", "c/a", "c/a/d/x"])
    store.query("c")
    store.query("nothing")
    store.count("c")
    store.update("c/a", {"n": 2})
    store.delete("c/b")
    store.close()
    assert (store.reads, store.reads_by) == (8, {"c": 6, "d": 1, "nothing": 1})
    assert store.calls == Counter(
        {"query": 2, **dict.fromkeys(["create", "set", "commit", "write_many", "get", "get_all"], 1)}
        | dict.fromkeys(["count", "update", "delete"], 1)
    )
    assert inner.get("c/a") is not None
