"""What both stores refuse before they write, and that they refuse no more."""

from collections.abc import Callable

import pytest
from refused import REFUSED_DOCUMENTS, REFUSED_PATHS, TAKEN_DOCUMENTS, TAKEN_PATHS, UNSPEAKABLE_DOCUMENTS

from brain.errors import StoreRefusedError
from brain.ports.document_store import (
    Create,
    Delete,
    DocumentStore,
    Set,
    Transform,
    Update,
    Write,
    WriteStatus,
)

pytestmark = pytest.mark.parametrize(
    "store_kind", ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)], indirect=True
)


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_odd_paths_are_refused(store: DocumentStore, path: str) -> None:
    """No method takes a path that no document can have."""
    for call in _calls(store, path):
        with pytest.raises(StoreRefusedError):
            call()


def _calls(store: DocumentStore, path: str) -> list[Callable[[], object]]:
    return [
        lambda: store.get(path),
        lambda: store.get_all(["c/d", path]),
        lambda: store.create(path, {}),
        lambda: store.set(path, {}),
        lambda: store.update(path, {}),
        lambda: store.delete(path),
        lambda: store.commit([Set("c/d", {}), Delete(path)]),
    ]


@pytest.mark.parametrize("path", TAKEN_PATHS)
def test_the_longest_and_oddest_lawful_paths_are_taken(store: DocumentStore, path: str) -> None:
    """The rules refuse no more than they say: these are written and read."""
    store.create(path, {"n": 1})
    read = store.get(path)
    assert read is not None
    assert (read.path, read.data) == (path, {"n": 1})
    assert [document.path for document in store.query(path.rpartition("/")[0])] == [path]


@pytest.mark.parametrize("name", [*REFUSED_DOCUMENTS, *UNSPEAKABLE_DOCUMENTS])
def test_documents_that_no_store_takes_are_refused(store: DocumentStore, name: str) -> None:
    """The refusal is a sentence, nothing is written, and the neighbours in a commit are not either."""
    document = REFUSED_DOCUMENTS[name][0] if name in REFUSED_DOCUMENTS else UNSPEAKABLE_DOCUMENTS[name]
    for write in (Create("c/d", document), Set("c/d", document), Set("c/d", document, merge=True)):
        with pytest.raises(StoreRefusedError) as refusal:
            store.commit([Set("c/neighbour", {}), write])
        assert len(refusal.value.message) < 600
    assert store.get_all(["c/d", "c/neighbour"]) == [None, None]


@pytest.mark.parametrize("name", TAKEN_DOCUMENTS)
def test_the_largest_and_deepest_lawful_documents_are_taken(store: DocumentStore, name: str) -> None:
    """The rules refuse no more than they say: these come back whole."""
    store.create("c/d", TAKEN_DOCUMENTS[name])
    read = store.get("c/d")
    assert read is not None
    assert read.data == TAKEN_DOCUMENTS[name]


def test_a_document_cannot_grow_past_its_limit_by_merging(store: DocumentStore) -> None:
    """Two lawful halves make no unlawful whole; what was there stays."""
    store.create("c/d", {"a": "x" * 600_000})
    for write in (Update("c/d", {"b": "x" * 600_000}), Set("c/d", {"b": "x" * 600_000}, merge=True)):
        with pytest.raises(StoreRefusedError):
            store.commit([write])
        assert store.write_many([write])[0].status is WriteStatus.REFUSED
    read = store.get("c/d")
    assert read is not None
    assert set(read.data) == {"a"}


@pytest.mark.parametrize(
    "write", [Create("c/d", {"a": Transform.DELETE_FIELD}), Set("c/d", {"a": Transform.DELETE_FIELD})]
)
def test_a_whole_document_deletes_no_field(store: DocumentStore, write: Write) -> None:
    """DELETE_FIELD belongs to update and merge."""
    with pytest.raises(StoreRefusedError):
        store.commit([write])


def test_a_call_writes_few_documents_and_each_once(store: DocumentStore) -> None:
    """More than 500 writes, one document twice, or more than 3 MiB at once are refused as a whole."""
    many = [Set(f"c/{n}", {}) for n in range(501)]
    twice = [Set("c/a", {}), Delete("c/b"), Update("c/a", {})]
    for writes in (many, twice):
        with pytest.raises(StoreRefusedError):
            store.commit(writes)
        with pytest.raises(StoreRefusedError):
            store.write_many(writes)
    with pytest.raises(StoreRefusedError):
        store.commit([Set(f"c/{n}", {"a": "x" * 1_000_000}) for n in range(4)])
    assert store.count("c") == 0
    assert len(store.commit(many[:500])) == 500
