"""The ``EventWriter`` on the embedded store: one transaction per call, in a thread off the event loop."""

import asyncio
from collections.abc import Sequence

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import Write, WriteResult


class SqliteWriter:
    """Writes through ``store``, which its owner closes."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return the results once they are durable."""
        return await asyncio.to_thread(self._store.write_many, writes)

    async def aclose(self) -> None:
        """Do nothing; the owner closes the store."""
