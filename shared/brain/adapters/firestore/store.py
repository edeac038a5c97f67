"""The ``DocumentStore`` on Cloud Firestore: five calls of its generated client, no transaction, one write a write."""

import threading
from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import firestore

from brain.adapters.firestore.batches import conversation, repeatable
from brain.adapters.firestore.connection import DEFAULT_DATABASE, Database, open_client
from brain.adapters.firestore.failures import translated
from brain.adapters.firestore.queries import fill_cursor, fill_order, fill_selection
from brain.adapters.firestore.values import plain_fields
from brain.adapters.firestore.writes import fill_write, version_of
from brain.errors import StoreRefusedError
from brain.ports.document_rules import MAX_REQUEST_BYTES, check_commit, check_document_path
from brain.ports.document_store import (
    Create,
    Delete,
    Document,
    Filter,
    Set,
    Snapshot,
    Update,
    Version,
    Write,
    WriteResult,
)
from brain.ports.query_rules import check_query

DEADLINE_SECONDS = 30.0


class FirestoreStore:
    """Documents of one project's database; opens nothing before the first call.

    The client repeats reads, and writes that may be repeated, after UNAVAILABLE until ``deadline_seconds`` have
    passed. A repeated ``create`` whose first answer was lost finds its own document and raises
    ``AlreadyExistsError``, a repeated ``update`` with ``expect`` raises ``ConflictError``: a caller to whom the
    difference matters (a lease) writes a token of its own and reads it back.
    """

    def __init__(
        self, project: str, *, database: str = DEFAULT_DATABASE, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._database = Database(project, database, deadline_seconds)
        self._opening = threading.Lock()
        self._client: FirestoreClient | None = None

    def get(self, path: str) -> Snapshot | None:
        """Return the document at ``path`` or None."""
        return self.get_all([path])[0]

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths`` as of one moment, in their order, with None where there is none."""
        for path in paths:
            check_document_path(path)
        if not paths:
            return []
        request = firestore.BatchGetDocumentsRequest.pb()()
        request.database = self._database.name
        request.documents.extend(f"{self._database.documents}/{path}" for path in dict.fromkeys(paths))
        wrapped = firestore.BatchGetDocumentsRequest.wrap(request)
        with translated():
            answers = self._api().batch_get_documents(wrapped, **self._database.reading())
            raw = (firestore.BatchGetDocumentsResponse.pb(answer) for answer in answers)
            found = [self._snapshot(one.found) for one in raw if one.HasField("found")]
        by_path = {one.path: one for one in found}
        return [by_path.get(path) for path in paths]

    def create(self, path: str, data: Document) -> Version:
        """Write a new document; raises ``AlreadyExistsError`` when there is one."""
        return self.commit([Create(path, data)])[0]

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document whatever was there."""
        return self.commit([Set(path, data, merge)])[0]

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Change fields; raises ``NotFoundError`` when absent, ``ConflictError`` when not at ``expect``."""
        return self.commit([Update(path, data, expect)])[0]

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Remove a document; raises ``ConflictError`` when it is not at ``expect``."""
        self.commit([Delete(path, expect)])

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and say for each what became of it."""
        call = self._database.writing(repeatable=repeatable(writes))
        talk = conversation(writes, self._database.name)
        try:
            request = next(talk)
            while True:
                try:
                    wrapped = firestore.BatchWriteRequest.wrap(request)
                    response = self._api().batch_write(wrapped, **call)
                except (GoogleAPIError, GoogleAuthError) as error:
                    request = talk.throw(error)
                else:
                    request = talk.send(firestore.BatchWriteResponse.pb(response))
        except StopIteration as end:
            results: list[WriteResult] = end.value
            return results

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none; raises as the single calls do. Returns one version a write, in order."""
        check_commit(writes)
        if not writes:
            return []
        request = firestore.CommitRequest.pb()()
        request.database = self._database.name
        for write in writes:
            fill_write(request.writes.add(), write, self._database.documents)
        if request.ByteSize() > MAX_REQUEST_BYTES:
            raise StoreRefusedError(f"One request carries at most {MAX_REQUEST_BYTES} bytes; commit fewer at a time.")
        call = self._database.writing(repeatable=repeatable(writes))
        with translated(writes):
            answer = self._api().commit(firestore.CommitRequest.wrap(request), **call)
        raw = firestore.CommitResponse.pb(answer)
        return [
            version_of(one.update_time if one.HasField("update_time") else raw.commit_time) for one in raw.write_results
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
        """Return documents of one collection, ordered by a field (the id breaks ties) or by id."""
        field = check_query(
            collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
        )
        request = firestore.RunQueryRequest.pb()()
        selected = request.structured_query
        self._select(request, selected, collection, where)
        fill_order(selected, field, descending=descending)
        if limit is not None:
            selected.limit.value = limit
        if start_after is not None:
            fill_cursor(selected, field, start_after, self._database.documents)
        with translated():
            answers = self._api().run_query(firestore.RunQueryRequest.wrap(request), **self._database.reading())
            raw = (firestore.RunQueryResponse.pb(answer) for answer in answers)
            return [self._snapshot(one.document) for one in raw if one.HasField("document")]

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return how many documents of a collection match, without reading them."""
        check_query(collection, where)
        request = firestore.RunAggregationQueryRequest.pb()()
        selected = request.structured_aggregation_query.structured_query
        self._select(request, selected, collection, where)
        request.structured_aggregation_query.aggregations.add(alias="n").count.SetInParent()
        wrapped = firestore.RunAggregationQueryRequest.wrap(request)
        with translated():
            answers = self._api().run_aggregation_query(wrapped, **self._database.reading())
            raw = (firestore.RunAggregationQueryResponse.pb(answer) for answer in answers)
            return sum(one.result.aggregate_fields["n"].integer_value for one in raw)

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.transport.close()  # type: ignore[no-untyped-call]

    def _api(self) -> FirestoreClient:
        with self._opening:
            if self._client is None:
                self._client = open_client()
            return self._client

    def _select(self, request: Any, selected: Any, collection: str, where: Sequence[Filter]) -> None:
        parent, _, collection_id = collection.rpartition("/")
        request.parent = f"{self._database.documents}/{parent}" if parent else self._database.documents
        fill_selection(selected, collection_id, where)

    def _snapshot(self, document: Any) -> Snapshot:
        path = document.name[len(self._database.documents) + 1 :]
        return Snapshot(path, plain_fields(document.fields), version_of(document.update_time))
