"""A document store and an event writer that fail at a chosen call and count what Firestore would bill.

``for k in range(1, calls + 1): run(FaultyStore(store, fail_at=k, mode=mode))`` tests a job with a fault at every call.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from brain.errors import StoreUnavailableError
from brain.ports.document_store import (
    Document,
    DocumentStore,
    EventWriter,
    Filter,
    Snapshot,
    Version,
    Write,
    WriteResult,
    WriteStatus,
)

T = TypeVar("T")
DOCUMENTS_PER_COUNT_READ = 1000


class ProcessKilled(BaseException):
    """A simulated end of the process; it is a ``BaseException`` so that no ``except Exception`` catches it."""


class FaultMode(StrEnum):
    """How a call fails."""

    REFUSE = "refuse"  # not applied; the caller gets ``StoreUnavailableError``
    LOSE = "lose"  # applied, but the response is lost: the caller gets ``StoreUnavailableError``
    KILL = "kill"  # not applied; the process ends
    KILL_AFTER = "kill_after"  # applied; the process ends before the response arrives


class _FaultCounter:
    """Counts calls and fails the ``fail_at``-th (from 1); None fails none."""

    def __init__(self, fail_at: int | None, mode: FaultMode | str) -> None:
        self.calls: Counter[str] = Counter()
        self._fail_at = fail_at
        self._mode = FaultMode(mode)
        self._lock = threading.Lock()

    def next_call(self, method: str) -> FaultMode | None:
        """Count a call and return how it must fail, or None."""
        with self._lock:
            self.calls[method] += 1
            return self._mode if self.calls.total() == self._fail_at else None


class RandomFaults(_FaultCounter):
    """Random failures of a share of all calls: half of them fail before they are applied, half after.

    Args:
        rate: The probability that a call fails, from 0 to 1.
        seed: The seed of the random numbers.

    Example:
        >>> faults = RandomFaults(rate=0.5, seed=1)
        >>> [str(faults.next_call("get")) for _ in range(4)]
        ['refuse', 'None', 'None', 'lose']
        >>> faults.failures
        2
    """

    def __init__(self, rate: float, seed: int) -> None:
        super().__init__(None, FaultMode.REFUSE)
        self.failures = 0
        self._rate = rate
        self._rng = random.Random(seed)

    def next_call(self, method: str) -> FaultMode | None:
        """Count a call and return how it must fail, or None."""
        with self._lock:
            self.calls[method] += 1
            draw = self._rng.random()
            if draw >= self._rate:
                return None
            self.failures += 1
            return FaultMode.REFUSE if draw < self._rate / 2 else FaultMode.LOSE


class FaultyStore:
    """A ``DocumentStore`` that wraps another one, fails at a chosen call and counts calls, reads and writes.

    Reads and writes count documents as Firestore bills them: an empty query or an absent document is one read, a count
    is one read per thousand documents. ``reads_by`` and ``writes_by`` count per collection id.

    Args:
        inner: The store that does the work. ``close`` leaves it open, as a database outlives its clients.
        fail_at: The number of the call that fails, from 1; with None no call fails.
        mode: How that call fails.
        faults: Random failures instead of ``fail_at`` and ``mode``.

    Example:
        >>> from brain.adapters.sqlite.store import SqliteStore
        >>> from brain.adapters.system_clock import SystemClock
        >>> inner = SqliteStore(":memory:", SystemClock())
        >>> store = FaultyStore(inner, fail_at=2, mode=FaultMode.LOSE)
        >>> _ = store.create("clients/acme", {"name": "Acme"})
        >>> store.create("clients/globex", {"name": "Globex"})
        Traceback (most recent call last):
        brain.errors.StoreUnavailableError: the response was lost for a test
        >>> inner.get("clients/globex").data
        {'name': 'Globex'}
        >>> store.calls["create"], store.writes
        (2, 2)
    """

    def __init__(
        self,
        inner: DocumentStore,
        *,
        fail_at: int | None = None,
        mode: FaultMode | str = FaultMode.REFUSE,
        faults: RandomFaults | None = None,
    ) -> None:
        self._inner = inner
        self._fault = faults or _FaultCounter(fail_at, mode)
        self.reads_by: Counter[str] = Counter()
        self.writes_by: Counter[str] = Counter()

    @property
    def calls(self) -> Counter[str]:
        """The number of calls per method."""
        return self._fault.calls

    @property
    def reads(self) -> int:
        """The number of document reads that Firestore would bill."""
        return self.reads_by.total()

    @property
    def writes(self) -> int:
        """The number of document writes that Firestore would bill."""
        return self.writes_by.total()

    def get(self, path: str) -> Snapshot | None:
        """Read one document."""
        return self._read("get", lambda: self._inner.get(path), lambda _: {_get_collection_id(path): 1})

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Read several documents."""
        reads = Counter(_get_collection_id(path) for path in set(paths))
        return self._read("get_all", lambda: self._inner.get_all(paths), lambda _: reads)

    def query(
        self,
        collection: str,
        where: Sequence[Filter] = (),
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        start_after: Snapshot | None = None,
    ) -> list[Snapshot]:
        """Read the documents that match a query."""
        collection_id = collection.rpartition("/")[2]
        return self._read(
            "query",
            lambda: self._inner.query(
                collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
            ),
            lambda snapshots: {collection_id: max(1, len(snapshots))},
        )

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Count the documents that match a query."""
        collection_id = collection.rpartition("/")[2]
        return self._read(
            "count",
            lambda: self._inner.count(collection, where),
            lambda count: {collection_id: max(1, -(-count // DOCUMENTS_PER_COUNT_READ))},
        )

    def create(self, path: str, data: Document) -> Version:
        """Write a new document."""
        return self._write("create", [path], lambda: self._inner.create(path, data))

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document."""
        return self._write("set", [path], lambda: self._inner.set(path, data, merge=merge))

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Update fields of a document."""
        return self._write("update", [path], lambda: self._inner.update(path, data, expect=expect))

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Delete a document."""
        self._write("delete", [path], lambda: self._inner.delete(path, expect=expect))

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none."""
        return self._write("commit", [write.path for write in writes], lambda: self._inner.commit(writes))

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply each write on its own; a failure becomes the result of each write, as in the real stores."""
        try:
            return self._write("write_many", [write.path for write in writes], lambda: self._inner.write_many(writes))
        except StoreUnavailableError as error:
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]

    def close(self) -> None:
        """Leave the inner store open: it outlives the failed process."""

    def _read(self, method: str, call: Callable[[], T], count_reads: Callable[[T], Mapping[str, int]]) -> T:
        mode = self._fault.next_call(method)
        _fail_before_call(mode)
        response = call()
        self.reads_by.update(count_reads(response))
        _fail_after_call(mode)
        return response

    def _write(self, method: str, paths: Sequence[str], call: Callable[[], T]) -> T:
        mode = self._fault.next_call(method)
        _fail_before_call(mode)
        response = call()
        self.writes_by.update(_get_collection_id(path) for path in paths)
        _fail_after_call(mode)
        return response


class FaultyWriter:
    """An ``EventWriter`` that wraps another one, fails at a chosen call and counts batches and writes.

    Args:
        inner: The writer that does the work; ``aclose`` leaves it open.
        fail_at: The number of the batch that fails, from 1; with None no batch fails.
        mode: How that batch fails.
        faults: Random failures instead of ``fail_at`` and ``mode``.

    Example:
        >>> import asyncio
        >>> from brain.ports.document_store import Create
        >>> from brain.testing.gated_writer import GatedWriter
        >>> writer = FaultyWriter(GatedWriter(), fail_at=1, mode=FaultMode.REFUSE)
        >>> [str(result.status) for result in asyncio.run(writer.write([Create("events/e1", {})]))]
        ['unavailable']
        >>> writer.calls, writer.writes
        (1, 0)
    """

    def __init__(
        self,
        inner: EventWriter,
        *,
        fail_at: int | None = None,
        mode: FaultMode | str = FaultMode.REFUSE,
        faults: RandomFaults | None = None,
    ) -> None:
        self._inner = inner
        self._fault = faults or _FaultCounter(fail_at, mode)
        self.writes = 0

    @property
    def calls(self) -> int:
        """The number of batches that were passed to ``write``."""
        return self._fault.calls.total()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply each write on its own; a failure becomes the result of each write, as in the real writers."""
        mode = self._fault.next_call("write")
        try:
            _fail_before_call(mode)
            results = await self._inner.write(writes)
            self.writes += len(writes)
            _fail_after_call(mode)
        except StoreUnavailableError as error:
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]
        return results

    async def aclose(self) -> None:
        """Leave the inner writer open: it outlives the failed process."""


def _get_collection_id(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _fail_before_call(mode: FaultMode | None) -> None:
    if mode is FaultMode.REFUSE:
        raise StoreUnavailableError("the store was made unavailable for a test", retry_after_seconds=0)
    if mode is FaultMode.KILL:
        raise ProcessKilled


def _fail_after_call(mode: FaultMode | None) -> None:
    if mode is FaultMode.LOSE:
        raise StoreUnavailableError("the response was lost for a test", retry_after_seconds=0)
    if mode is FaultMode.KILL_AFTER:
        raise ProcessKilled
