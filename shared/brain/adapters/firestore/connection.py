"""Opens Google's generated Firestore client, on the emulator without credentials, and says how long a call may last."""

import os
from dataclasses import dataclass
from typing import Any

import grpc
from google.api_core.exceptions import DeadlineExceeded, InternalServerError, ResourceExhausted, ServiceUnavailable
from google.api_core.retry import Retry, if_exception_type
from google.api_core.retry_async import AsyncRetry
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient, FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import (
    FirestoreGrpcAsyncIOTransport,
    FirestoreGrpcTransport,
)

DEFAULT_DATABASE = "(default)"
EMULATOR_VARIABLE = "FIRESTORE_EMULATOR_HOST"
_CHANNEL_OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))
_BACKOFF: dict[str, Any] = {"initial": 0.1, "maximum": 5.0, "multiplier": 2.0}
_RETRIED_READ = if_exception_type(ServiceUnavailable, InternalServerError, DeadlineExceeded)
_RETRIED_WRITE = if_exception_type(ServiceUnavailable, ResourceExhausted)


@dataclass(frozen=True, slots=True)
class Database:
    """One database; ``deadline_seconds`` bounds a call with the client's own retries in it."""

    project: str
    database: str
    deadline_seconds: float

    @property
    def name(self) -> str:
        """The database's resource name."""
        return f"projects/{self.project}/databases/{self.database}"

    @property
    def documents(self) -> str:
        """The resource name that every document's path is appended to."""
        return f"{self.name}/documents"

    def reading(self) -> dict[str, Any]:
        """Return how a read is called: the client's retries under our deadline."""
        return self._call(Retry(_RETRIED_READ, **_BACKOFF, timeout=self.deadline_seconds))

    def writing(self, *, repeatable: bool) -> dict[str, Any]:
        """Return how a write is called; one that must not happen twice is not repeated by the client."""
        return self._call(Retry(_RETRIED_WRITE, **_BACKOFF, timeout=self.deadline_seconds) if repeatable else None)

    def writing_async(self, *, repeatable: bool) -> dict[str, Any]:
        """Return how an asynchronous write is called."""
        return self._call(AsyncRetry(_RETRIED_WRITE, **_BACKOFF, timeout=self.deadline_seconds) if repeatable else None)

    def _call(self, retry: Any) -> dict[str, Any]:
        metadata = [("google-cloud-resource-prefix", self.name)]
        if os.environ.get(EMULATOR_VARIABLE):
            metadata.append(("authorization", "Bearer owner"))
        return {"retry": retry, "timeout": self.deadline_seconds, "metadata": metadata}


def open_client() -> FirestoreClient:
    """Return a client of the emulator when the environment names one, else of Google's own."""
    host = os.environ.get(EMULATOR_VARIABLE)
    if not host:
        return FirestoreClient()
    channel = grpc.insecure_channel(host, options=_CHANNEL_OPTIONS)
    return FirestoreClient(transport=FirestoreGrpcTransport(host=host, channel=channel))


def open_async_client() -> FirestoreAsyncClient:
    """Return the asynchronous client; it belongs to the event loop that is running."""
    host = os.environ.get(EMULATOR_VARIABLE)
    if not host:
        return FirestoreAsyncClient()
    channel = grpc.aio.insecure_channel(host, options=_CHANNEL_OPTIONS)
    return FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(host=host, channel=channel))
