"""The contract also runs on the store that breaks on demand, which must be a store like the others until it does."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from brain.adapters.firestore.store import FirestoreStore
from brain.adapters.firestore.writer import FirestoreWriter
from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.ports.document_store import DocumentStore, EventWriter, Write, WriteResult
from brain.services.gateway.group_commit import GroupCommit
from brain.testing.faulty_store import FaultyStore, FaultyWriter
from brain.testing.manual_clock import ManualClock

KINDS = ["sqlite", "faulty", pytest.param("firestore", marks=pytest.mark.emulator)]
Send = Callable[[Sequence[Write]], list[WriteResult]]


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which store this test runs on."""
    return str(request.param)


@pytest.fixture
def database(request: pytest.FixtureRequest, store_kind: str, tmp_path: Path) -> str:
    """A fresh database: a project's id, or a file."""
    return str(request.getfixturevalue("project")) if store_kind == "firestore" else str(tmp_path / "brain.db")


@pytest.fixture
def open_store(store_kind: str, database: str, clock: ManualClock) -> Iterator[Callable[[], DocumentStore]]:
    """Opens the same fresh database once more with each call, as another process would."""
    opened: list[FirestoreStore | SqliteStore] = []

    def one_more() -> DocumentStore:
        opened.append(FirestoreStore(database) if store_kind == "firestore" else SqliteStore(database, clock))
        return FaultyStore(opened[-1]) if store_kind == "faulty" else opened[-1]

    yield one_more
    for store in opened:
        store.close()


@pytest.fixture
def open_writer(store_kind: str, database: str, store: DocumentStore) -> Callable[[], EventWriter]:
    """Opens a writer to the same database as ``store``."""

    def one_more() -> EventWriter:
        if store_kind == "firestore":
            return FirestoreWriter(database)
        inner = store._inner if isinstance(store, FaultyStore) else store
        assert isinstance(inner, SqliteStore)
        return FaultyWriter(SqliteWriter(inner)) if store_kind == "faulty" else SqliteWriter(inner)

    return one_more


@pytest.fixture(params=["store", "writer", "group"])
def send(request: pytest.FixtureRequest, store: DocumentStore, open_writer: Callable[[], EventWriter]) -> Send:
    """The three ways to write many documents, each on its own; each call runs in an event loop of its own."""
    if request.param == "store":
        return store.write_many
    writer = GroupCommit(open_writer()) if request.param == "group" else open_writer()

    async def once(writes: Sequence[Write]) -> list[WriteResult]:
        try:
            return await writer.write(writes)
        finally:
            await writer.aclose()

    return lambda writes: asyncio.run(once(writes))
