"""The ``EventWriter`` on the embedded store: one transaction a call, in a thread, so that the event loop goes on."""

import asyncio
from collections.abc import Sequence

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import Write, WriteResult


class SqliteWriter:
    """Writes through ``store``, which stays its owner's to close."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return when each one's fate is durable."""
        return await asyncio.to_thread(self._store.write_many, writes)

    async def aclose(self) -> None:
        """Do nothing: the store is closed by its owner."""
