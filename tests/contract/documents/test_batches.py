"""The contract of many writes, each on its own, however they are sent: by the store, a writer, or a shared commit."""

from collections.abc import Callable, Sequence

import pytest

from brain.errors import AlreadyExistsError, ConflictError, NotFoundError, StoreRefusedError
from brain.ports.document_store import (
    Create,
    Delete,
    DocumentStore,
    Increment,
    Set,
    Transform,
    Update,
    Write,
    WriteResult,
    WriteStatus,
)

Send = Callable[[Sequence[Write]], list[WriteResult]]


def test_each_write_has_its_own_fate(store: DocumentStore, send: Send) -> None:
    """Every kind of write succeeds or fails alone, and the answers come in the writes' order."""
    old = store.create("c/there", {"n": 1})
    new = store.update("c/there", {"n": 2})
    store.create("c/other", {"n": 1})
    store.create("c/third", {"n": 1})
    results = send(
        [
            Create("c/new", {"at": Transform.SERVER_TIME}),
            Create("c/there", {"n": 9}),
            Set("c/set", {"n": 1}),
            Set("c/merged", {"n": Increment(2)}, merge=True),
            Update("c/other", {"n": Increment(5), "gone": Transform.DELETE_FIELD}),
            Update("c/none", {"n": 9}),
            Update("c/third", {"n": 9}, old),
            Delete("c/nothing"),
            Delete("c/nothing2", new),
            Create("c/__reserved__", {}),
            Set("c", {}),
            Set("c/deep", {"l": [[1]]}),
        ]
    )
    assert [outcome.status.value for outcome in results] == [
        "written", "exists", "written", "written", "written", "conflict", "conflict", "written", "conflict",
        "refused", "refused", "refused",
    ]  # fmt: skip
    assert [type(outcome.error) for outcome in results if outcome.error] == [
        AlreadyExistsError, NotFoundError, ConflictError, ConflictError, *[StoreRefusedError] * 3,
    ]  # fmt: skip
    numbers = {document.id: document.data.get("n") for document in store.query("c")}
    assert numbers == {"new": None, "there": 2, "set": 1, "merged": 2, "other": 6, "third": 1}


def test_a_batch_again_writes_nothing_twice(store: DocumentStore, send: Send) -> None:
    """The second sending of the same creates finds each of them there."""
    writes = [Create(f"c/{n}", {"n": n}) for n in range(20)]
    assert {outcome.status for outcome in send(writes)} == {WriteStatus.WRITTEN}
    versions = [outcome.version for outcome in store.query("c")]
    assert {outcome.status for outcome in send(writes)} == {WriteStatus.EXISTS}
    assert [outcome.version for outcome in store.query("c")] == versions


def test_five_hundred_at_once(store: DocumentStore, send: Send) -> None:
    """A full batch is written whole, and an empty one is nothing."""
    results = send([Create(f"c/{n}", {"n": n}) for n in range(500)])
    assert [outcome.status for outcome in results] == [WriteStatus.WRITTEN] * 500
    assert store.count("c") == 500
    assert send([]) == []


def test_more_bytes_than_one_request_carries(store: DocumentStore, send: Send) -> None:
    """Documents of together more than 4 MiB are split over requests by the store itself."""
    results = send([Create(f"c/{n}", {"text": "x" * 1_000_000}) for n in range(12)])
    assert [outcome.status for outcome in results] == [WriteStatus.WRITTEN] * 12
    assert store.count("c") == 12


@pytest.mark.parametrize("position", [0, 10, 19])
def test_one_bad_write_harms_no_neighbour(store: DocumentStore, send: Send, position: int) -> None:
    """Wherever the invalid write stands, it alone is refused."""
    writes: list[Write] = [Create(f"c/{n}", {"n": n}) for n in range(20)]
    writes[position] = Create("c/__bad__", {})
    expected = [WriteStatus.WRITTEN] * 20
    expected[position] = WriteStatus.REFUSED
    assert [outcome.status for outcome in send(writes)] == expected
    assert store.count("c") == 19
