"""The ``EventWriter`` on Cloud Firestore: ``BatchWrite`` through the asynchronous client, for the ingest path."""

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.types import firestore

from brain.adapters.firestore.batches import exchange_batches, is_idempotent
from brain.adapters.firestore.connection import DEFAULT_DATABASE, FirestoreDatabase, open_async_client
from brain.ports.document_rules import check_batch
from brain.ports.document_store import Write, WriteResult

DEADLINE_SECONDS: Final = 20.0
WRITES_PER_REQUEST: Final = 100


class FirestoreWriter:
    """Writes to the database of one project, with one connection per event loop, opened by the first write.

    The client repeats a batch after UNAVAILABLE until ``deadline_seconds`` have passed. A repeated ``Create`` whose
    first response was lost results in ``exists``, although it may have written the document itself.
    """

    def __init__(
        self, project: str, *, database: str = DEFAULT_DATABASE, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._database = FirestoreDatabase(project, database, deadline_seconds)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, FirestoreAsyncClient] = WeakKeyDictionary()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes, each on its own, and return the results once they are durable.

        Large batches are sent as several concurrent requests, so that one is encoded while others are processed.
        """
        check_batch(writes)
        starts = range(0, len(writes), WRITES_PER_REQUEST)
        requests = (self._write(writes[start : start + WRITES_PER_REQUEST]) for start in starts)
        return [result for results in await asyncio.gather(*requests) for result in results]

    async def _write(self, writes: Sequence[Write]) -> list[WriteResult]:
        options = self._database.async_write_options(idempotent=is_idempotent(writes))
        exchange = exchange_batches(writes, self._database.name)
        try:
            request = next(exchange)
            while True:
                try:
                    wrapped = firestore.BatchWriteRequest.wrap(request)
                    response = await self._client().batch_write(wrapped, **options)
                except (GoogleAPIError, GoogleAuthError) as error:
                    request = exchange.throw(error)
                else:
                    request = exchange.send(firestore.BatchWriteResponse.pb(response))
        except StopIteration as stop:
            return list(stop.value)

    async def aclose(self) -> None:
        """Close the connection of this event loop; the next write opens another."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.transport.close()  # type: ignore[no-untyped-call]

    def _client(self) -> FirestoreAsyncClient:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = open_async_client()
        return client
