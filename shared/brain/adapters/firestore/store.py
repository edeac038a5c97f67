"""The ``DocumentStore`` on Cloud Firestore, by five methods of its generated client."""

import threading
from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import firestore

from brain.adapters.firestore.batches import exchange_batches, is_idempotent
from brain.adapters.firestore.connection import DEFAULT_DATABASE, FirestoreDatabase, open_client
from brain.adapters.firestore.error_translation import translate_errors
from brain.adapters.firestore.queries import fill_cursor, fill_order, fill_selection
from brain.adapters.firestore.values import parse_fields
from brain.adapters.firestore.writes import fill_write, format_version
from brain.errors import StoreRefusedError
from brain.ports.document_rules import MAX_REQUEST_BYTES, check_commit, check_document_path
from brain.ports.document_store import (
    DocumentStore,
    Filter,
    Snapshot,
    Version,
    Write,
    WriteResult,
)
from brain.ports.query_rules import check_query

DEADLINE_SECONDS = 30.0


class FirestoreStore(DocumentStore):
    """Documents of one project's database; the first call opens the connection.

    The client repeats reads and idempotent writes after UNAVAILABLE until ``deadline_seconds`` have passed. A
    repeated ``create`` whose first response was lost finds its own document and raises ``AlreadyExistsError``, and a
    repeated ``update`` with ``expect`` raises ``ConflictError``. A caller to whom the difference matters, such as a
    lease, writes a token of its own and reads it back.
    """

    def __init__(
        self, project: str, *, database: str = DEFAULT_DATABASE, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._database = FirestoreDatabase(project, database, deadline_seconds)
        self._client_lock = threading.Lock()
        self._client: FirestoreClient | None = None

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths`` as of one moment, in order, with None for those that do not exist."""
        for path in paths:
            check_document_path(path)
        if not paths:
            return []
        request = firestore.BatchGetDocumentsRequest.pb()()
        request.database = self._database.name
        request.documents.extend(f"{self._database.documents}/{path}" for path in dict.fromkeys(paths))
        wrapped = firestore.BatchGetDocumentsRequest.wrap(request)
        with translate_errors():
            responses = self._open().batch_get_documents(wrapped, **self._database.read_options())
            messages = (firestore.BatchGetDocumentsResponse.pb(response) for response in responses)
            snapshots = [self._snapshot(message.found) for message in messages if message.HasField("found")]
        by_path = {snapshot.path: snapshot for snapshot in snapshots}
        return [by_path.get(path) for path in paths]

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and return the result of each."""
        options = self._database.write_options(idempotent=is_idempotent(writes))
        exchange = exchange_batches(writes, self._database.name)
        try:
            request = next(exchange)
            while True:
                try:
                    wrapped = firestore.BatchWriteRequest.wrap(request)
                    response = self._open().batch_write(wrapped, **options)
                except (GoogleAPIError, GoogleAuthError) as error:
                    request = exchange.throw(error)
                else:
                    request = exchange.send(firestore.BatchWriteResponse.pb(response))
        except StopIteration as stop:
            return list(stop.value)

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none and return the version of each; raises as the single writes do."""
        check_commit(writes)
        if not writes:
            return []
        request = firestore.CommitRequest.pb()()
        request.database = self._database.name
        for write in writes:
            fill_write(request.writes.add(), write, self._database.documents)
        size = request.ByteSize()
        if size > MAX_REQUEST_BYTES:
            raise StoreRefusedError(
                f"at most {MAX_REQUEST_BYTES} bytes per request, got {size}; commit fewer at a time"
            )
        options = self._database.write_options(idempotent=is_idempotent(writes))
        with translate_errors(writes):
            wrapped = self._open().commit(firestore.CommitRequest.wrap(request), **options)
        response = firestore.CommitResponse.pb(wrapped)
        return [
            format_version(written.update_time if written.HasField("update_time") else response.commit_time)
            for written in response.write_results
        ]

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
        """Return documents of one collection, ordered by id or by a field and then by id."""
        order_field = check_query(
            collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
        )
        request = firestore.RunQueryRequest.pb()()
        query = request.structured_query
        self._select(request, query, collection, where)
        fill_order(query, order_field, descending=descending)
        if limit is not None:
            query.limit.value = limit
        if start_after is not None:
            fill_cursor(query, order_field, start_after, self._database.documents)
        with translate_errors():
            wrapped = firestore.RunQueryRequest.wrap(request)
            responses = self._open().run_query(wrapped, **self._database.read_options())
            messages = (firestore.RunQueryResponse.pb(response) for response in responses)
            return [self._snapshot(message.document) for message in messages if message.HasField("document")]

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return the number of matching documents of a collection without reading them."""
        check_query(collection, where)
        request = firestore.RunAggregationQueryRequest.pb()()
        query = request.structured_aggregation_query.structured_query
        self._select(request, query, collection, where)
        request.structured_aggregation_query.aggregations.add(alias="n").count.SetInParent()
        wrapped = firestore.RunAggregationQueryRequest.wrap(request)
        with translate_errors():
            responses = self._open().run_aggregation_query(wrapped, **self._database.read_options())
            messages = (firestore.RunAggregationQueryResponse.pb(response) for response in responses)
            return sum(message.result.aggregate_fields["n"].integer_value for message in messages)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._client_lock:
            client, self._client = self._client, None
        if client is not None:
            client.transport.close()  # type: ignore[no-untyped-call]

    def _open(self) -> FirestoreClient:
        with self._client_lock:
            if self._client is None:
                self._client = open_client()
            return self._client

    def _select(self, request: Any, query: Any, collection: str, where: Sequence[Filter]) -> None:
        parent, _, collection_id = collection.rpartition("/")
        request.parent = f"{self._database.documents}/{parent}" if parent else self._database.documents
        fill_selection(query, collection_id, where)

    def _snapshot(self, document: Any) -> Snapshot:
        path = document.name[len(self._database.documents) + 1 :]
        return Snapshot(path, parse_fields(document.fields), format_version(document.update_time))
