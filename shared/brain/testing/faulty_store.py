"""Stores that break at their k-th call, so that every service can be stopped at every call it makes, and that count.

``for k in range(1, calls + 1): run(FaultyStore(store, fail_at=k, mode=mode))`` is the whole fault test of a job.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
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
COUNTED_AT_ONCE = 1000


class ProcessKilled(BaseException):
    """The process ended here; no ``except Exception`` may catch it."""


class FaultMode(StrEnum):
    """How the k-th call breaks."""

    REFUSE = "refuse"  # not applied, and the caller is told that the store is unavailable
    LOSE = "lose"  # applied, but the answer is lost: the caller is told the same
    KILL = "kill"  # not applied: the process ends
    KILL_AFTER = "kill_after"  # applied: the process ends before it hears


class _Fault:
    """Counts calls and breaks the ``fail_at``-th (from 1); None never breaks."""

    def __init__(self, fail_at: int | None, mode: FaultMode | str) -> None:
        self.calls: Counter[str] = Counter()
        self._fail_at = fail_at
        self._mode = FaultMode(mode)
        self._lock = threading.Lock()

    def next_call(self, method: str) -> FaultMode | None:
        """Count a call and return how it breaks, if it does."""
        with self._lock:
            self.calls[method] += 1
            return self._mode if self.calls.total() == self._fail_at else None


class RandomFaults(_Fault):
    """Breaks a ``share`` of all calls, seeded: half of them before they are applied, half after."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__(None, FaultMode.REFUSE)
        self.broken = 0
        self._share = share
        self._rng = random.Random(seed)

    def next_call(self, method: str) -> FaultMode | None:
        """Count a call and return how it breaks, if it does."""
        with self._lock:
            self.calls[method] += 1
            drawn = self._rng.random()
            if drawn >= self._share:
                return None
            self.broken += 1
            return FaultMode.REFUSE if drawn < self._share / 2 else FaultMode.LOSE


class FaultyStore:
    """A ``DocumentStore`` over ``inner`` whose ``fail_at``-th call breaks as ``mode`` says.

    ``calls`` counts by method; ``reads`` and ``writes`` count documents as Firestore bills them (an empty query or an
    absent document is one read, a count one per thousand), by collection id in ``reads_by`` and ``writes_by``.
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
        self._fault = faults or _Fault(fail_at, mode)
        self.reads_by: Counter[str] = Counter()
        self.writes_by: Counter[str] = Counter()

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called."""
        return self._fault.calls

    @property
    def reads(self) -> int:
        """How many document reads Firestore would bill."""
        return self.reads_by.total()

    @property
    def writes(self) -> int:
        """How many document writes Firestore would bill."""
        return self.writes_by.total()

    def get(self, path: str) -> Snapshot | None:
        """Read one document."""
        return self._read("get", lambda: self._inner.get(path), lambda _: {_collection_id(path): 1})

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Read documents."""
        billed = Counter(_collection_id(path) for path in set(paths))
        return self._read("get_all", lambda: self._inner.get_all(paths), lambda _: billed)

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
        """Read what a query finds."""
        name = collection.rpartition("/")[2]
        return self._read(
            "query",
            lambda: self._inner.query(
                collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
            ),
            lambda snapshots: {name: max(1, len(snapshots))},
        )

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Count what a query finds."""
        name = collection.rpartition("/")[2]
        return self._read(
            "count",
            lambda: self._inner.count(collection, where),
            lambda number: {name: max(1, -(-number // COUNTED_AT_ONCE))},
        )

    def create(self, path: str, data: Document) -> Version:
        """Write a new document."""
        return self._write("create", [path], lambda: self._inner.create(path, data))

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document."""
        return self._write("set", [path], lambda: self._inner.set(path, data, merge=merge))

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Change a document."""
        return self._write("update", [path], lambda: self._inner.update(path, data, expect=expect))

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Remove a document."""
        self._write("delete", [path], lambda: self._inner.delete(path, expect=expect))

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Write all or nothing."""
        return self._write("commit", [write.path for write in writes], lambda: self._inner.commit(writes))

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Write each on its own; a break is told for each, as the real stores tell it."""
        try:
            return self._write("write_many", [write.path for write in writes], lambda: self._inner.write_many(writes))
        except StoreUnavailableError as error:
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]

    def close(self) -> None:
        """Leave the inner store open: it outlives the broken process."""

    def _read(self, method: str, call: Callable[[], T], billed: Callable[[T], dict[str, int]]) -> T:
        mode = self._fault.next_call(method)
        _break_before(mode)
        answer = call()
        self.reads_by.update(billed(answer))
        _break_after(mode)
        return answer

    def _write(self, method: str, paths: Sequence[str], call: Callable[[], T]) -> T:
        mode = self._fault.next_call(method)
        _break_before(mode)
        answer = call()
        self.writes_by.update(_collection_id(path) for path in paths)
        _break_after(mode)
        return answer


class FaultyWriter:
    """An ``EventWriter`` over ``inner`` whose ``fail_at``-th call breaks as ``mode`` says; ``writes`` counts."""

    def __init__(
        self,
        inner: EventWriter,
        *,
        fail_at: int | None = None,
        mode: FaultMode | str = FaultMode.REFUSE,
        faults: RandomFaults | None = None,
    ) -> None:
        self._inner = inner
        self._fault = faults or _Fault(fail_at, mode)
        self.writes = 0

    @property
    def calls(self) -> int:
        """How many batches were asked for."""
        return self._fault.calls.total()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Write each on its own; a break is told for each, as the real writers tell it."""
        mode = self._fault.next_call("write")
        try:
            _break_before(mode)
            results = await self._inner.write(writes)
            self.writes += len(writes)
            _break_after(mode)
        except StoreUnavailableError as error:
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]
        return results

    async def aclose(self) -> None:
        """Leave the inner writer open: it outlives the broken process."""


def _collection_id(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _break_before(mode: FaultMode | None) -> None:
    if mode is FaultMode.REFUSE:
        raise StoreUnavailableError("The store was made unavailable for a test.", retry_after_seconds=0)
    if mode is FaultMode.KILL:
        raise ProcessKilled


def _break_after(mode: FaultMode | None) -> None:
    if mode is FaultMode.LOSE:
        raise StoreUnavailableError("The store's answer was lost for a test.", retry_after_seconds=0)
    if mode is FaultMode.KILL_AFTER:
        raise ProcessKilled
