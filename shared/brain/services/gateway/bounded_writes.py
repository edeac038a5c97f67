"""Writes that end with a claim: a process that was suspended or is slow writes nothing once another may take over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from brain.errors import StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import (
    DocumentStore,
    EventWriter,
    Filter,
    Snapshot,
    Version,
    Write,
    WriteResult,
    WriteStatus,
)
from brain.services.gateway.ingest import Ingest

_EXPIRED = "the replay took longer than its claim on the dead letter; replay it again, it continues where it stopped"


def bound_ingest(ingest: Ingest, until: datetime, clock: Clock) -> Ingest:
    """Return the same ingest, which begins no write of events or of a dead letter after ``until``."""
    return replace(
        ingest,
        writer=_BoundedWriter(ingest.writer, until, clock),
        store=_BoundedStore(ingest.store, until, clock),
        store_dead_letter=replace(
            ingest.store_dead_letter, writer=_BoundedWriter(ingest.store_dead_letter.writer, until, clock)
        ),
    )


@dataclass(frozen=True, slots=True)
class _BoundedWriter:
    inner: EventWriter
    until: datetime
    clock: Clock

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        if self.clock.now() >= self.until:
            return [WriteResult(WriteStatus.UNAVAILABLE, StoreUnavailableError(_EXPIRED)) for _ in writes]
        return await self.inner.write(writes)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass(frozen=True, slots=True)
class _BoundedStore(DocumentStore):
    inner: DocumentStore
    until: datetime
    clock: Clock

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        return self.inner.get_all(paths)

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        self._check()
        return self.inner.commit(writes)

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        self._check()
        return self.inner.write_many(writes)

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
        return self.inner.query(
            collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
        )

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        return self.inner.count(collection, where)

    def close(self) -> None:
        self.inner.close()

    def _check(self) -> None:
        if self.clock.now() >= self.until:
            raise StoreUnavailableError(_EXPIRED)
