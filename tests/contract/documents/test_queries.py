"""The contract of queries, the same on SQLite and on the Firestore emulator."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brain.adapters.firestore.store import FirestoreStore
from brain.adapters.sqlite.store import SqliteStore
from brain.errors import StoreRefusedError
from brain.ports.document_store import DocumentStore, Filter, Set, Snapshot
from brain.testing.manual_clock import ManualClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PLACE = "clients/acme/events"
VALUES: dict[str, Any] = {
    "null": None,
    "false": False,
    "true": True,
    "minus": -1,
    "one": 1,
    "one_float": 1.0,
    "half": 1.5,
    "big": 2**53 + 1,
    "bigger": 2**53 + 2,
    "morning": NOON - timedelta(hours=4),
    "noon": NOON,
    "after": NOON + timedelta(microseconds=1),
    "empty": "",
    "a": "a",
    "ab": "ab",
    "Z": "Z",
    "umlaut": "ä",
    "emoji": "🎉",
    "time_text": "2026-11-22T12:00:00.000000",
    "bytes": b"\x01",
    "more_bytes": b"\x01\x00",
}
IN_ORDER = """
    null false true minus one one_float half big bigger morning noon after empty time_text Z a ab umlaut emoji
    bytes more_bytes
""".split()  # noqa: SIM905 - names read better than twenty quoted ones


STORES = ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)]


@pytest.fixture(scope="module", params=STORES)
def mixed(request: pytest.FixtureRequest) -> Iterator[DocumentStore]:
    """One document of each kind of value, one without the field, and neighbours in other collections; only read."""
    store: SqliteStore | FirestoreStore
    if request.param == "sqlite":
        store = SqliteStore(":memory:", ManualClock(NOON))
    else:
        request.getfixturevalue("emulator")
        store = FirestoreStore(f"demo-{uuid.uuid4().hex[:12]}")
    writes = [Set(f"{PLACE}/{name}", {"v": value, "n": number}) for number, (name, value) in enumerate(VALUES.items())]
    strangers = ["clients/acme/events2/x", "clients/other/events/x", f"{PLACE}/one/revisions/x", "clients/acme"]
    store.commit([*writes, Set(f"{PLACE}/without", {"n": 99}), *(Set(path, {"v": 1}) for path in strangers)])
    yield store
    store.close()


def test_documents_come_by_id_with_their_data(mixed: DocumentStore) -> None:
    """Without an order a collection comes by id, and holds its own documents only."""
    documents = mixed.query(PLACE)
    assert _ids(documents) == sorted([*VALUES, "without"])
    assert {document.id: document.data.get("v") for document in documents} == {**VALUES, "without": None}
    assert mixed.query("clients/none/events") == []


def test_an_order_by_a_field_is_total_over_types(mixed: DocumentStore) -> None:
    """Null, booleans, numbers, times, text, bytes; ties by id; a document without the field is not there."""
    assert _ids(mixed.query(PLACE, order_by="v")) == IN_ORDER
    assert _ids(mixed.query(PLACE, order_by="v", descending=True)) == IN_ORDER[::-1]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ([Filter("v", "==", None)], ["null"]),
        ([Filter("v", "==", True)], ["true"]),
        ([Filter("v", "==", False)], ["false"]),
        ([Filter("v", "==", 1)], ["one", "one_float"]),
        ([Filter("v", "==", 1.0)], ["one", "one_float"]),
        ([Filter("v", "==", 2**53 + 1)], ["big"]),
        ([Filter("v", "==", NOON)], ["noon"]),
        ([Filter("v", "==", "a")], ["a"]),
        ([Filter("v", "==", "")], ["empty"]),
        ([Filter("v", "==", b"\x01")], ["bytes"]),
        ([Filter("v", "==", "none such")], []),
        ([Filter("v", ">", 1)], ["half", "big", "bigger"]),
        ([Filter("v", ">=", 1)], ["one", "one_float", "half", "big", "bigger"]),
        ([Filter("v", "<", 1)], ["minus"]),
        ([Filter("v", ">", False)], ["true"]),
        ([Filter("v", "<=", True)], ["false", "true"]),
        ([Filter("v", ">=", NOON)], ["noon", "after"]),
        ([Filter("v", "<", NOON)], ["morning"]),
        ([Filter("v", ">", "a")], ["ab", "umlaut", "emoji"]),
        ([Filter("v", "<", "a")], ["empty", "time_text", "Z"]),
        ([Filter("v", ">", b"\x01")], ["more_bytes"]),
        ([Filter("v", ">=", 1), Filter("v", "<", 2)], ["one", "one_float", "half"]),
        ([Filter("v", ">", 1), Filter("n", "==", 6)], ["half"]),
        ([Filter("v", "==", 1), Filter("n", "==", 5)], ["one_float"]),
        ([Filter("n", "==", 99)], ["without"]),
        ([Filter("missing", "==", None)], []),
    ],
)
def test_filters_compare_within_a_type(mixed: DocumentStore, where: Sequence[Filter], ids: list[str]) -> None:
    """A range finds values of its own type only; the answer is ordered by the range's field; counts agree."""
    assert _ids(mixed.query(PLACE, where)) == ids
    assert mixed.count(PLACE, where) == len(ids)


def test_a_count_reads_no_documents(mixed: DocumentStore) -> None:
    """All documents of a collection are counted, those of its neighbours not."""
    assert mixed.count(PLACE) == len(VALUES) + 1
    assert mixed.count("clients") == 1
    assert mixed.count("nothing") == 0


ORDERS: list[tuple[list[Filter], str | None]] = [
    ([], "v"),
    ([], "n"),
    ([Filter("v", ">=", 1)], None),
    ([Filter("v", ">=", 1)], "v"),
    ([Filter("v", "<=", NOON)], None),
    ([Filter("v", ">", "")], None),
    ([Filter("v", "==", 1)], "n"),
]
BY_ID: list[tuple[list[Filter], str | None]] = [([], None), ([Filter("v", "==", 1)], None)]


@pytest.mark.parametrize(
    ("where", "order_by", "descending"),
    [*((*query, way) for query in ORDERS for way in (False, True)), *((*query, False) for query in BY_ID)],
)
@pytest.mark.parametrize("page", [1, 7])
def test_pages_add_up_to_the_whole(
    mixed: DocumentStore, where: Sequence[Filter], order_by: str | None, descending: bool, page: int
) -> None:
    """Reading page by page after the last document gives every document once, in the same order."""
    all_documents = mixed.query(PLACE, where, order_by=order_by, descending=descending)
    paged: list[Snapshot] = []
    while True:
        after = paged[-1] if paged else None
        more = mixed.query(PLACE, where, order_by=order_by, descending=descending, limit=page, start_after=after)
        assert len(more) <= page
        if not more:
            break
        paged += more
    assert paged == all_documents


@pytest.mark.parametrize(
    "ask",
    [
        {"where": [Filter("a", ">", 1), Filter("b", "<", 2)]},
        {"where": [Filter("a", ">", 1)], "order_by": "b"},
        {"where": [Filter("a", "==", [1])]},
        {"where": [Filter("a", "==", {"b": 1})]},
        {"where": [Filter("a", "==", float("nan"))]},
        {"where": [Filter("a", ">", None)]},
        {"where": [Filter("a", "==", datetime(2026, 1, 1))]},  # noqa: DTZ001 - a naive time is the case
        {"where": [Filter("a.b", "==", 1)]},
        {"where": [Filter("__name__", "==", "x")]},
        {"order_by": "a b"},
        {"order_by": ""},
        {"descending": True},
        {"descending": True, "where": [Filter("a", "==", 1)]},
        {"limit": 0},
        {"limit": -1},
        {"start_after": Snapshot("other/x", {}, "1")},
        {"start_after": Snapshot("c/", {}, "1")},
        {"start_after": Snapshot("c/x", {"b": 1}, "1"), "order_by": "a"},
        {"start_after": Snapshot("c/x", {"a": [1]}, "1"), "order_by": "a"},
    ],
)
def test_questions_that_not_both_stores_answer_are_refused(mixed: DocumentStore, ask: dict[str, Any]) -> None:
    """What Firestore refuses, or what is not worth an index, is refused before it is asked, on both stores."""
    with pytest.raises(StoreRefusedError):
        mixed.query("c", **ask)


@pytest.mark.parametrize("collection", ["", "c/d", "c//d", "/c", "c/d/", "__c__", "."])
def test_only_collections_are_queried(mixed: DocumentStore, collection: str) -> None:
    """A document's path, or none, cannot be queried or counted."""
    with pytest.raises(StoreRefusedError):
        mixed.query(collection)
    with pytest.raises(StoreRefusedError):
        mixed.count(collection)


def _ids(documents: Sequence[Snapshot]) -> list[str]:
    return [document.id for document in documents]
