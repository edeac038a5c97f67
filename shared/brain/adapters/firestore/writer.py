"""The ``EventWriter`` on Cloud Firestore: BatchWrite over the asynchronous client, for the one hot path."""

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.types import firestore

from brain.adapters.firestore.batches import conversation, repeatable
from brain.adapters.firestore.connection import DEFAULT_DATABASE, Database, open_async_client
from brain.ports.document_rules import check_batch
from brain.ports.document_store import Write, WriteResult

DEADLINE_SECONDS: Final = 20.0
PART: Final = 100


class FirestoreWriter:
    """Writes to one project's database; one connection an event loop, opened by the first write.

    The client repeats a batch after UNAVAILABLE until ``deadline_seconds`` have passed, so a ``Create`` whose first
    answer was lost comes back as ``exists``: the document is there, and it may be this very one.
    """

    def __init__(
        self, project: str, *, database: str = DEFAULT_DATABASE, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._database = Database(project, database, deadline_seconds)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, FirestoreAsyncClient] = WeakKeyDictionary()

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes, each on its own, and return when each one's fate is durable.

        Many go in parts that are on their way at once: one is encoded while the store works on those before.
        """
        check_batch(writes)
        parts = (writes[at : at + PART] for at in range(0, len(writes), PART))
        results = await asyncio.gather(*(self._write(part) for part in parts))
        return [result for part in results for result in part]

    async def _write(self, writes: Sequence[Write]) -> list[WriteResult]:
        call = self._database.writing_async(repeatable=repeatable(writes))
        talk = conversation(writes, self._database.name)
        try:
            request = next(talk)
            while True:
                try:
                    wrapped = firestore.BatchWriteRequest.wrap(request)
                    response = await self._api().batch_write(wrapped, **call)
                except (GoogleAPIError, GoogleAuthError) as error:
                    request = talk.throw(error)
                else:
                    request = talk.send(firestore.BatchWriteResponse.pb(response))
        except StopIteration as end:
            results: list[WriteResult] = end.value
            return results

    async def aclose(self) -> None:
        """Let go of this event loop's connection; the next write opens another."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.transport.close()  # type: ignore[no-untyped-call]

    def _api(self) -> FirestoreAsyncClient:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = open_async_client()
        return client
