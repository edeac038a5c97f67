"""Connections to Firestore or its emulator, with the retries and deadlines of calls."""

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
_RETRYABLE_ON_READ = if_exception_type(ServiceUnavailable, InternalServerError, DeadlineExceeded)
_RETRYABLE_ON_WRITE = if_exception_type(ServiceUnavailable, ResourceExhausted)


@dataclass(frozen=True, slots=True)
class FirestoreDatabase:
    """One database of a project; ``deadline_seconds`` bounds a call including the client's retries."""

    project: str
    database: str
    deadline_seconds: float

    @property
    def name(self) -> str:
        """The resource name of the database."""
        return f"projects/{self.project}/databases/{self.database}"

    @property
    def documents(self) -> str:
        """The resource name to which the path of a document is appended."""
        return f"{self.name}/documents"

    def read_options(self) -> dict[str, Any]:
        """Return the retry, timeout and metadata of a read."""
        return self._call_options(Retry(_RETRYABLE_ON_READ, **_BACKOFF, timeout=self.deadline_seconds))

    def write_options(self, *, idempotent: bool) -> dict[str, Any]:
        """Return the retry, timeout and metadata of a write; only an idempotent one is retried by the client."""
        retry = Retry(_RETRYABLE_ON_WRITE, **_BACKOFF, timeout=self.deadline_seconds)
        return self._call_options(retry if idempotent else None)

    def async_write_options(self, *, idempotent: bool) -> dict[str, Any]:
        """Return the retry, timeout and metadata of an asynchronous write."""
        retry = AsyncRetry(_RETRYABLE_ON_WRITE, **_BACKOFF, timeout=self.deadline_seconds)
        return self._call_options(retry if idempotent else None)

    def _call_options(self, retry: Any) -> dict[str, Any]:
        metadata = [("google-cloud-resource-prefix", self.name)]
        if os.environ.get(EMULATOR_VARIABLE):
            metadata.append(("authorization", "Bearer owner"))
        return {"retry": retry, "timeout": self.deadline_seconds, "metadata": metadata}


def open_client() -> FirestoreClient:
    """Return a client of the emulator if ``FIRESTORE_EMULATOR_HOST`` is set, otherwise of Firestore."""
    host = os.environ.get(EMULATOR_VARIABLE)
    if not host:
        return FirestoreClient()
    channel = grpc.insecure_channel(host, options=_CHANNEL_OPTIONS)
    return FirestoreClient(transport=FirestoreGrpcTransport(host=host, channel=channel))


def open_async_client() -> FirestoreAsyncClient:
    """Return an asynchronous client; it belongs to the running event loop."""
    host = os.environ.get(EMULATOR_VARIABLE)
    if not host:
        return FirestoreAsyncClient()
    channel = grpc.aio.insecure_channel(host, options=_CHANNEL_OPTIONS)
    return FirestoreAsyncClient(transport=FirestoreGrpcAsyncIOTransport(host=host, channel=channel))
