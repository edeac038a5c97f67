"""What every store refuses before it writes, and that the emulator really refuses it where it checks at all."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_firestore import RawFirestore

from brain.errors import StoreRefusedError
from brain.ports.document_rules import MAX_DOCUMENT_BYTES, MAX_LEAF_BYTES, check_document, check_document_path
from brain.ports.document_store import (
    Create,
    Delete,
    DocumentStore,
    Increment,
    Set,
    Transform,
    Update,
    Write,
    WriteStatus,
)
from brain.repositories import paths

AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def nested(depth: int, *, through_lists: bool = False) -> Any:
    """Return 1 inside ``depth`` maps, or maps and lists in turn."""
    value: Any = 1
    for level in range(depth):
        value = [value] if through_lists and level % 2 else {"k": value}
    return value


# (path, whether the emulator refuses it too)
REFUSED_PATHS = {
    "": True,
    "c": True,
    "c/d/e": True,
    "/c/d": True,
    "c/d/": True,
    "c//d": True,
    "c/.": True,
    "c/..": True,
    "./d": True,
    "c/__x__": True,
    "c/_____": True,
    "__c__/d": True,
    "c/d/__e__/f": True,
    "c/" + "x" * 1501: True,
    "c/" + "é" * 751: True,
    "c" * 1501 + "/d": True,
    "/".join(["c/d"] * 101): True,
    "c/____": False,
    "c/a\nb": False,
    "c/a\x00": False,
    "/".join(["c" * 1000 + "/d"] * 7): False,
}
TAKEN_PATHS = [
    "c/" + "x" * 1500,
    "c/" + "é" * 750,
    "/".join(["c/d"] * 100),
    "c/a b",
    "c/__x",
    "c/x__",
    "c/...",
    "c/_",
    "it's a collection-id/d",
    "c/ünï:code~*[]`'\"\\%2F",
]
# name -> (document, whether the emulator refuses it too)
REFUSED_DOCUMENTS: dict[str, tuple[dict[Any, Any], bool]] = {
    "reserved field": ({"__x__": 1}, True),
    "empty field": ({"": 1}, True),
    "long field": ({"x" * 1501: 1}, True),
    "reserved key": ({"m": {"__x__": 1}}, True),
    "empty key": ({"m": {"": 1}}, True),
    "long path of keys": ({"m": {"x" * 1499: 1}}, True),
    "list in list": ({"a": [[1]]}, True),
    "list in list in map": ({"a": {"b": [{"c": [1, [2]]}]}}, True),
    "too deep": ({"a": nested(21)}, True),
    "too deep through lists": ({"a": nested(21, through_lists=True)}, True),
    "long text": ({"a": "x" * (MAX_LEAF_BYTES + 1)}, True),
    "long bytes": ({"a": b"x" * (MAX_LEAF_BYTES + 1)}, True),
    "large in sum": ({"a": "x" * 600_000, "b": "x" * 600_000}, True),
    "not a number": ({"a": float("nan")}, False),
    "infinite": ({"a": [float("-inf")]}, False),
    "many small maps": ({"a": [{} for _ in range(40_000)]}, False),
}
UNSPEAKABLE_DOCUMENTS: dict[str, Any] = {
    "unsigned 64 bits": {"a": 2**63},
    "below 64 bits": {"a": -(2**63) - 1},
    "naive time": {"a": datetime(2026, 1, 1)},  # noqa: DTZ001 - the case itself
    "time before the first": {"a": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
    "time after the last": {"a": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2)))},
    "set": {"a": {1, 2}},
    "complex": {"a": 1j},
    "object": {"a": object()},
    "lone surrogate": {"a": "\ud800"},
    "surrogate in a name": {"\ud800": 1},
    "name that is no text": {1: 1},
    "key that is no text": {"m": {None: 1}},
    "not a mapping": [("a", 1)],
    "server time inside": {"m": {"at": Transform.SERVER_TIME}},
    "increment in a list": {"l": [Increment(1)]},
    "deletion inside": {"m": {"gone": Transform.DELETE_FIELD}},
    "increment by text": {"n": Increment("1")},  # type: ignore[arg-type]
    "increment by True": {"n": Increment(True)},
    "increment by infinity": {"n": Increment(float("inf"))},
    "increment beyond 64 bits": {"n": Increment(2**63)},
    "recursion": {"a": nested(100_000)},
}
TAKEN_DOCUMENTS: dict[str, dict[str, Any]] = {
    "deep": {"a": nested(20)},
    "deep through lists": {"a": nested(20, through_lists=True)},
    "long field": {"x" * 1500: 1},
    "long path of keys": {"m": {"x" * 1498: 1}},
    "exactly 1 MiB": {"a": "x" * 500_000, "b": "x" * (MAX_DOCUMENT_BYTES - 500_000 - 58)},
    "long text": {"a": "x" * MAX_LEAF_BYTES},
    "underscores": {"_": 1, "__": 2, "___": 3, "__a": 4, "a__": 5},
    "nothing": {},
}


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
    assert [one.path for one in store.query(path.rpartition("/")[0])] == [path]


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


TEMPLATES = {
    "client": paths.client("acme"),
    "event": paths.event("acme", "evt_0123456789abcdef01234567"),
    "revision": paths.revision("acme", "evt_1", AT),
    "score": paths.score("acme", "evt_1"),
    "anomaly": paths.anomaly("acme", "a1"),
    "report": paths.report("acme", "weekly", "2026-W47"),
    "warning": paths.warning("acme", "no-data"),
    "feedback": paths.feedback("acme", "r1"),
    "view": paths.view("acme", "overview"),
    "state": paths.state("acme", "hourly"),
    "model": paths.model("scoring"),
    "dead_letter": paths.dead_letter("d1"),
    "feature": paths.feature("hourly_scores"),
    "run": paths.run("hourly-scores", "acme", AT),
    "api_key": paths.api_key("ab" * 32),
    "rate": paths.rate("acme"),
    "counter": paths.counter("acme", "2026-11-22T07"),
}
COLLECTIONS = [paths.events("acme"), paths.revisions("acme", "evt_1"), paths.scores("acme"), paths.DEAD_LETTERS]


@pytest.mark.parametrize("path", TEMPLATES.values(), ids=TEMPLATES)
def test_every_document_path_there_is_names_a_document(store: DocumentStore, path: str) -> None:
    """Each template of ``paths`` can be created, read and found in its collection."""
    store.create(path, {"n": 1})
    assert store.get(path) is not None
    assert [one.path for one in store.query(path.rpartition("/")[0])] == [path]


@pytest.mark.parametrize(
    "path",
    [*COLLECTIONS, paths.FEATURES, paths.GOLD_STANDARDS, paths.RUNS, paths.KEYS, paths.RATES, paths.COUNTERS],
)
def test_every_collection_path_there_is_names_a_collection(store: DocumentStore, path: str) -> None:
    """Each collection of ``paths`` can be queried and is no document."""
    assert store.query(path) == []
    with pytest.raises(StoreRefusedError):
        store.get(path)


@pytest.mark.emulator
@pytest.mark.parametrize("path", [path for path, really in REFUSED_PATHS.items() if really])
def test_the_emulator_refuses_these_paths_itself(raw: RawFirestore, path: str) -> None:
    """Without our rules the call would be refused by Firestore."""
    assert raw.refuses(path, {"n": 1})


@pytest.mark.emulator
@pytest.mark.parametrize("name", [name for name, (_, really) in REFUSED_DOCUMENTS.items() if really])
def test_the_emulator_refuses_these_documents_itself(raw: RawFirestore, name: str) -> None:
    """Without our rules the call would be refused by Firestore."""
    assert raw.refuses("c/d", REFUSED_DOCUMENTS[name][0])


@pytest.mark.emulator
@pytest.mark.parametrize(
    "writes", [[Set("c/__bad__", {}), Set("c/good", {})], [Set("c/a", {"n": 1}), Set("c/a", {"n": 2})]]
)
def test_one_bad_name_fails_a_whole_batch_write(raw: RawFirestore, writes: list[Write]) -> None:
    """This is why names are checked first: the good neighbour would be lost with the bad."""
    assert raw.batch_write(writes) == "INVALID_ARGUMENT"
    assert not raw.exists("c/good")


names = st.text(max_size=30)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.datetimes(timezones=st.none() | st.timezones())
)
values = st.recursive(
    leaves, lambda one: st.lists(one, max_size=4) | st.dictionaries(names, one, max_size=4), max_leaves=15
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(names, values, max_size=6))
def test_what_the_rules_let_pass_comes_back_the_same(store: DocumentStore, document: Mapping[str, Any]) -> None:
    """For any document: it is refused by the rules, or stored and read back equal; there is no third way."""
    try:
        check_document("c/any", document)
    except StoreRefusedError:
        with pytest.raises(StoreRefusedError):
            store.set("c/any", document)
        return
    store.set("c/any", document)
    read = store.get("c/any")
    assert read is not None
    assert read.data == document


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(st.text(max_size=12), max_size=5).map("/".join))
def test_any_path_the_rules_let_pass_is_a_document(store: DocumentStore, path: str) -> None:
    """For any text: it is refused as a path, or a document can be written there and read back."""
    try:
        check_document_path(path)
    except StoreRefusedError:
        return
    store.set(path, {"n": 1})
    read = store.get(path)
    assert read is not None
    assert read.path == path
