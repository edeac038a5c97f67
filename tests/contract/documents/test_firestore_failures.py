"""What Firestore raises becomes one of the Brain's errors, at one place, by status code."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import google.auth
import grpc
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError, TransportError
from google.cloud.firestore_v1.types import firestore, write
from google.rpc.status_pb2 import Status

from brain.adapters.firestore.connection import EMULATOR_VARIABLE, open_async_client, open_client
from brain.adapters.firestore.error_translation import error_from_status, translate_error
from brain.adapters.firestore.store import FirestoreStore
from brain.adapters.firestore.writer import FirestoreWriter
from brain.errors import (
    AlreadyExistsError,
    BrainError,
    ConflictError,
    MisconfiguredError,
    NotFoundError,
    StoreRefusedError,
    StoreUnavailableError,
)
from brain.ports.document_store import Create, Delete, Increment, Set, Update, Write, WriteResult, WriteStatus
from brain.testing.loopback_firestore import run_loopback

CREATE, SET, UPDATE = Create("c/d", {}), Set("c/d", {}), Update("c/d", {})
GUARDED, GUARDED_DELETE = Update("c/d", {}, "1.000001000"), Delete("c/d", "1.000001000")
EVERY = [CREATE, SET, UPDATE, GUARDED, GUARDED_DELETE, Delete("c/d")]
PASSING = ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "CANCELLED", "UNKNOWN", "DATA_LOSS"]
REFUSED = ["INVALID_ARGUMENT", "PERMISSION_DENIED", "UNAUTHENTICATED", "OUT_OF_RANGE", "UNIMPLEMENTED"]


def raised(status: str) -> exceptions.GoogleAPICallError:
    """Return what the real client raises for a status code."""
    return exceptions.from_grpc_status(grpc.StatusCode[status], f"scripted {status}")


@pytest.mark.parametrize(
    ("status", "writes", "expected", "outcome"),
    [
        *((status, [write], StoreUnavailableError, WriteStatus.UNAVAILABLE) for status in PASSING for write in EVERY),
        *((status, [write], StoreRefusedError, WriteStatus.REFUSED) for status in REFUSED for write in EVERY),
        *((status, [], StoreUnavailableError, WriteStatus.UNAVAILABLE) for status in [*PASSING, "ABORTED"]),
        *((status, [], StoreRefusedError, WriteStatus.REFUSED) for status in [*REFUSED, "NOT_FOUND"]),
        ("FAILED_PRECONDITION", [], StoreRefusedError, WriteStatus.REFUSED),
        ("ALREADY_EXISTS", [CREATE], AlreadyExistsError, WriteStatus.EXISTS),
        ("ALREADY_EXISTS", [SET], StoreRefusedError, WriteStatus.REFUSED),
        ("NOT_FOUND", [UPDATE], NotFoundError, WriteStatus.CONFLICT),
        ("NOT_FOUND", [CREATE], StoreRefusedError, WriteStatus.REFUSED),
        ("FAILED_PRECONDITION", [GUARDED], ConflictError, WriteStatus.CONFLICT),
        ("FAILED_PRECONDITION", [GUARDED_DELETE], ConflictError, WriteStatus.CONFLICT),
        ("FAILED_PRECONDITION", [CREATE], StoreRefusedError, WriteStatus.REFUSED),
        ("ABORTED", [GUARDED], ConflictError, WriteStatus.CONFLICT),
        ("ABORTED", [CREATE], StoreUnavailableError, WriteStatus.UNAVAILABLE),
        ("ALREADY_EXISTS", [SET, CREATE, UPDATE], AlreadyExistsError, WriteStatus.EXISTS),
        ("FAILED_PRECONDITION", [SET, CREATE, GUARDED], ConflictError, WriteStatus.CONFLICT),
        ("NOT_FOUND", [SET, CREATE, UPDATE], NotFoundError, WriteStatus.CONFLICT),
    ],
)
def test_a_status_code_means_one_thing(
    status: str, writes: list[Write], expected: type[BrainError], outcome: WriteStatus
) -> None:
    """The same table serves an exception of the client and a status inside a batch."""
    error = raised(status)
    translated = translate_error(error, writes)
    assert type(translated) is expected
    assert WriteResult.from_error(translated).status is outcome
    assert type(error_from_status(int(grpc.StatusCode[status].value[0]), "detail", writes)) is expected
    assert "scripted" not in translated.message
    if expected is StoreUnavailableError:
        assert translated.retryable
        assert translated.retry_after_seconds


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exceptions.RetryError("out of time", cause=raised("UNAVAILABLE")), StoreUnavailableError),
        (exceptions.RetryError("out of time", cause=None), StoreUnavailableError),
        (exceptions.Unknown("?"), StoreUnavailableError),
        (exceptions.PermissionDenied("no"), StoreRefusedError),
        (TransportError("no token"), StoreUnavailableError),
        (DefaultCredentialsError("none"), MisconfiguredError),
    ],
)
def test_what_comes_without_a_status_is_classified_too(error: Exception, expected: type[BrainError]) -> None:
    """A retry that ran out of time passes on; missing credentials are the operator's to fix."""
    assert type(translate_error(error)) is expected


def test_several_candidates_are_named_without_guessing() -> None:
    """Where any of several creates may be the one that exists, the message says so."""
    error = error_from_status(6, "", [Create("c/a", {}), Create("c/b", {})])
    assert error.message.startswith("one of the documents c/a, c/b")


Run = Callable[[FirestoreStore], object]
COMMITTED = firestore.CommitResponse(write_results=[write.WriteResult(update_time="2026-11-22T07:30:00Z")])
CALLS: dict[str, tuple[str, Run]] = {
    "get": ("BatchGetDocuments", lambda store: store.get("c/d")),
    "query": ("RunQuery", lambda store: store.query("c")),
    "count": ("RunAggregationQuery", lambda store: store.count("c")),
    "create": ("Commit", lambda store: store.create("c/d", {})),
    "update": ("Commit", lambda store: store.update("c/d", {"n": Increment(1)}, expect="1.000001000")),
}
ANSWERS = {
    "Commit": COMMITTED,
    "BatchGetDocuments": firestore.BatchGetDocumentsResponse(missing="x"),
    "RunQuery": firestore.RunQueryResponse(),
    "RunAggregationQuery": firestore.RunAggregationQueryResponse(),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_passes_is_repeated_until_it_heals(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The client repeats a call after UNAVAILABLE; the third heals it and the caller hears nothing of it."""
    method, call = CALLS[name]

    def script(method: str, _: Any, number: int) -> Any:
        return grpc.StatusCode.UNAVAILABLE if number < 3 else ANSWERS[method]

    with run_loopback(script) as (host, calls):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        store = FirestoreStore("demo-x")
        call(store)
        store.close()
    assert calls == {method: 3}


@pytest.mark.parametrize("name", CALLS)
def test_what_lasts_is_unavailable_within_the_deadline(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A store that stays away ends in our own error, not in a wait without end."""
    _, call = CALLS[name]
    with run_loopback(lambda *_: grpc.StatusCode.UNAVAILABLE) as (host, _):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        store = FirestoreStore("demo-x", deadline_seconds=0.2)
        with pytest.raises(StoreUnavailableError):
            call(store)
        store.close()


def test_a_bare_increment_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first sending may have counted, so the caller is told instead of counting twice."""
    with run_loopback(lambda *_: grpc.StatusCode.UNAVAILABLE) as (host, calls):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        store = FirestoreStore("demo-x")
        with pytest.raises(StoreUnavailableError):
            store.set("c/d", {"n": Increment(1)}, merge=True)
        assert store.write_many([Update("c/d", {"n": Increment(1)})])[0].status is WriteStatus.UNAVAILABLE
        store.close()
    assert calls == {"Commit": 1, "BatchWrite": 1}


def test_a_create_whose_answer_was_lost_says_already_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own repetition meets the first one's document; a lease therefore carries a token to read back."""

    def script(_: str, __: Any, number: int) -> Any:
        return grpc.StatusCode.UNAVAILABLE if number == 1 else grpc.StatusCode.ALREADY_EXISTS

    with run_loopback(script) as (host, _):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        store = FirestoreStore("demo-x")
        with pytest.raises(AlreadyExistsError):
            store.create("c/d", {})
        store.close()


def send(kind: str, writes: list[Write]) -> list[WriteStatus]:
    """Send a batch by the store or by the writer."""
    if kind == "store":
        store = FirestoreStore("demo-x", deadline_seconds=1)
        results = store.write_many(writes)
        store.close()
    else:

        async def once() -> Any:
            writer = FirestoreWriter("demo-x", deadline_seconds=1)
            try:
                return await writer.write(writes)
            finally:
                await writer.aclose()

        results = asyncio.run(once())
    return [outcome.status for outcome in results]


@pytest.mark.parametrize("kind", ["store", "writer"])
def test_a_batch_refused_as_a_whole_is_sent_again_one_by_one(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What our rules did not foresee harms its neighbours no more than a rule would have."""
    lock = threading.Lock()
    alone: list[str] = []

    def script(_: str, request: Any, __: int) -> Any:
        names = [write.update.name.rpartition("/")[2] for write in request.writes]
        if "bad" in names:
            return grpc.StatusCode.INVALID_ARGUMENT
        with lock:
            alone.extend(names)
        return firestore.BatchWriteResponse(write_results=[{}] * len(names), status=[Status(code=0)] * len(names))

    with run_loopback(script) as (host, calls):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        statuses = send(kind, [Create(f"c/{name}", {}) for name in ("a", "bad", "b", "c")])
    assert [status.value for status in statuses] == ["written", "refused", "written", "written"]
    assert sorted(alone) == ["a", "b", "c"]
    assert calls == {"BatchWrite": 5}


@pytest.mark.parametrize("kind", ["store", "writer"])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (grpc.StatusCode.UNAVAILABLE, WriteStatus.UNAVAILABLE),
        (grpc.StatusCode.INTERNAL, WriteStatus.UNAVAILABLE),
        (grpc.StatusCode.PERMISSION_DENIED, WriteStatus.REFUSED),
    ],
)
def test_a_batch_that_fails_tells_each_of_its_writes(
    monkeypatch: pytest.MonkeyPatch, kind: str, status: grpc.StatusCode, outcome: WriteStatus
) -> None:
    """A failed batch raises nothing: every write of it has a status, and none is lost in silence."""
    with run_loopback(lambda *_: status) as (host, _):
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        assert send(kind, [Create("c/a", {}), Create("c/b", {})]) == [outcome] * 2


def test_without_credentials_the_operator_hears_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Neither emulator nor credentials: the message carries the command."""
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(MisconfiguredError, match="gcloud auth application-default login"):
        FirestoreStore("demo-x").get("c/d")


@pytest.mark.slow
def test_a_commit_too_large_on_the_wire_is_refused_before_it_is_sent() -> None:
    """What is small as documents are counted and large as it is sent is refused with a sentence, not retried."""
    store = FirestoreStore("demo-x")
    with pytest.raises(StoreRefusedError, match="commit fewer at a time"):
        store.commit([Set(f"c/{n}", {"unknown": [None] * 700_000}) for n in range(2)])


def test_a_version_of_another_store_is_refused() -> None:
    """A version is what a read of this store gave; anything else is a mistake of the caller's."""
    store = FirestoreStore("demo-x")
    with pytest.raises(StoreRefusedError):
        store.update("c/d", {}, expect="not a version")
    assert store.write_many([Delete("c/d", "not a version")])[0].status is WriteStatus.REFUSED


def test_without_an_emulator_both_clients_are_of_firestore_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the credentials of the machine; nothing is sent before the first call."""
    monkeypatch.delenv(EMULATOR_VARIABLE, raising=False)
    monkeypatch.setattr(google.auth, "default", lambda **_: (AnonymousCredentials(), "demo-x"))

    async def open_both() -> list[str]:
        return [open_client().transport.host, open_async_client().transport.host]

    assert asyncio.run(open_both()) == ["firestore.googleapis.com:443"] * 2
