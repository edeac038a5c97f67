"""The emulator without our rules in front, to see what Firestore itself says."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.firestore_v1.types import firestore

from brain.adapters.firestore.connection import FirestoreDatabase, open_client
from brain.adapters.firestore.writes import fill_write
from brain.ports.document_store import Set, Write


class RawFirestore:
    """Google's generated client on one project; nothing is checked before it is sent."""

    def __init__(self, project: str) -> None:
        self.database = FirestoreDatabase(project, "(default)", 30.0)
        self.client = open_client()

    def refuses(self, path: str, data: Mapping[str, Any]) -> bool:
        """Whether Firestore answers INVALID_ARGUMENT to a set."""
        request = firestore.CommitRequest.pb()()
        request.database = self.database.name
        fill_write(request.writes.add(), Set(path, data), self.database.documents)
        try:
            self.client.commit(firestore.CommitRequest.wrap(request), **self._call())
        except GoogleAPICallError as error:
            return bool(error.grpc_status_code.name == "INVALID_ARGUMENT")
        return False

    def batch_write(self, writes: Sequence[Write]) -> str:
        """Return the status code of a whole BatchWrite."""
        request = firestore.BatchWriteRequest.pb()()
        request.database = self.database.name
        for write in writes:
            fill_write(request.writes.add(), write, self.database.documents)
        try:
            self.client.batch_write(firestore.BatchWriteRequest.wrap(request), **self._call())
        except GoogleAPICallError as error:
            return str(error.grpc_status_code.name)
        return "OK"

    def exists(self, path: str) -> bool:
        """Whether there is a document at ``path``."""
        request = firestore.BatchGetDocumentsRequest(
            database=self.database.name, documents=[f"{self.database.documents}/{path}"]
        )
        return any("found" in one for one in self.client.batch_get_documents(request, **self._call()))

    def close(self) -> None:
        """Let go of the connection."""
        self.client.transport.close()

    def _call(self) -> dict[str, Any]:
        return self.database.write_options(idempotent=False)
