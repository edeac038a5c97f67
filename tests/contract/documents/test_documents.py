"""The contract of single documents, the same on SQLite and on the Firestore emulator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

import pytest

from brain.domain.events import FeedType
from brain.errors import AlreadyExistsError, ConflictError, NotFoundError
from brain.ports.document_store import Create, Delete, DocumentStore, Increment, Set, Transform, Update

PLACE = "clients/acme/events/e1"

EVERYTHING = {
    "nothing": None,
    "yes": True,
    "no": False,
    "zero": 0,
    "largest": 2**63 - 1,
    "smallest": -(2**63),
    "tenth": 0.1,
    "whole_float": 5.0,
    "tiny": 5e-324,
    "huge": 1.7976931348623157e308,
    "text": "naïve ☕ \x00 \n ' \" \\ 漢字 🎉",
    "empty": "",
    "bytes": b"\x00\xff",
    "at": datetime(2026, 11, 22, 7, 30, 0, 123456, tzinfo=UTC),
    "first": datetime.min.replace(tzinfo=UTC),
    "last": datetime.max.replace(tzinfo=UTC),
    "list": [1, "a", None, {"in": [2.5, {"deep": b"x"}]}, datetime(2026, 1, 1, tzinfo=UTC)],
    "map": {"a": {"b": {}}, "list": [], "dotted.name": 1, "$time": "kept", "$bytes": "00", "$$x": 1},
    "dotted.name": 1,
    "$time": "a field may be called so",
    "`quoted\\`": 2,
    "ünïcode name": 3,
    "1st": 4,
    "-": 5,
}


def test_every_type_comes_back_as_it_went_in(store: DocumentStore) -> None:
    """What is read equals what was written, types included, whatever the fields are called."""
    store.create(PLACE, EVERYTHING)
    read = store.get(PLACE)
    assert read is not None
    assert read.data == EVERYTHING
    assert {name: type(value) for name, value in read.data.items()} == {
        name: type(value) for name, value in EVERYTHING.items()
    }
    assert (read.path, read.id) == (PLACE, "e1")


def test_a_named_constant_comes_back_as_its_plain_value(store: DocumentStore) -> None:
    """Enumerations of text or numbers are stored as what they stand for, singly and inside."""
    store.create(PLACE, {"feed": FeedType.EMAIL, "inside": [{"status": HTTPStatus.OK}]})
    read = store.get(PLACE)
    assert read is not None
    assert read.data == {"feed": "email", "inside": [{"status": 200}]}
    assert type(read.data["feed"]) is str
    assert type(read.data["inside"][0]["status"]) is int


def test_a_time_of_another_zone_comes_back_in_utc(store: DocumentStore) -> None:
    """A time is an instant: it comes back as the same instant, in UTC, to the microsecond."""
    time = datetime(2026, 11, 22, 9, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    store.create(PLACE, {"at": time})
    read = store.get(PLACE)
    assert read is not None
    assert read.data["at"] == time
    assert read.data["at"].tzinfo is UTC


def test_an_absent_document_is_none(store: DocumentStore) -> None:
    """Nothing is read as None, singly and among others, in the order asked, also twice."""
    store.create("c/b", {"n": 1})
    assert store.get("c/a") is None
    read = store.get_all(["c/z", "c/b", "c/a", "c/b"])
    assert [document and document.data for document in read] == [None, {"n": 1}, None, {"n": 1}]
    assert store.get_all([]) == []


def test_create_happens_once(store: DocumentStore) -> None:
    """A second create is refused and changes nothing; after a delete it succeeds again."""
    store.create(PLACE, {"n": 1})
    with pytest.raises(AlreadyExistsError):
        store.create(PLACE, {"n": 2})
    assert _data(store) == {"n": 1}
    store.delete(PLACE)
    store.create(PLACE, {"n": 3})
    assert _data(store) == {"n": 3}


def test_set_replaces_and_merge_keeps(store: DocumentStore) -> None:
    """A plain set replaces the whole document; a merge changes whole top-level fields and keeps the others."""
    store.set(PLACE, {"a": 1, "m": {"x": 1, "y": 2}})
    store.set(PLACE, {"m": {"z": 3}, "dotted.name": 4}, merge=True)
    assert _data(store) == {"a": 1, "m": {"z": 3}, "dotted.name": 4}
    store.set(PLACE, {"b": 2})
    assert _data(store) == {"b": 2}
    store.set("clients/acme/events/new", {"c": 3}, merge=True)
    assert _data(store, "clients/acme/events/new") == {"c": 3}


def test_update_changes_named_fields_of_what_exists(store: DocumentStore) -> None:
    """Field names are literal, DELETE_FIELD removes one, an absent document is not made."""
    store.create(PLACE, {"a": {"b": 1}, "a.b": 2, "gone": 3, "stays": 4})
    store.update(PLACE, {"a.b": 5, "gone": Transform.DELETE_FIELD, "never": Transform.DELETE_FIELD, "`x`": 6})
    assert _data(store) == {"a": {"b": 1}, "a.b": 5, "stays": 4, "`x`": 6}
    with pytest.raises(NotFoundError):
        store.update("clients/acme/events/none", {"a": 1})
    assert store.get("clients/acme/events/none") is None


def test_update_and_delete_hold_to_the_version_they_expect(store: DocumentStore) -> None:
    """A stale version is a conflict and nothing is written; so is a version of what is no longer there."""
    first = store.create(PLACE, {"n": 1})
    second = store.update(PLACE, {"n": 2}, expect=first)
    assert first != second
    with pytest.raises(ConflictError):
        store.update(PLACE, {"n": 3}, expect=first)
    with pytest.raises(ConflictError):
        store.delete(PLACE, expect=first)
    assert _data(store) == {"n": 2}
    store.delete(PLACE, expect=second)
    assert store.get(PLACE) is None
    with pytest.raises(ConflictError):
        store.delete(PLACE, expect=second)
    with pytest.raises(ConflictError):
        store.update(PLACE, {"n": 4}, expect=second)
    store.delete(PLACE)


def test_a_version_is_what_the_read_says(store: DocumentStore) -> None:
    """Write and read name the same version, as text, and a recreated document has a new one."""
    created = store.create(PLACE, {"n": 1})
    read = store.get(PLACE)
    assert read is not None
    assert (read.version, type(created)) == (created, str)
    assert [document.version for document in store.query("clients/acme/events")] == [created]
    store.delete(PLACE)
    assert store.create(PLACE, {"n": 1}) != created


def test_a_write_that_changes_nothing_keeps_the_version(store: DocumentStore) -> None:
    """Both stores keep the version of an unchanged document, so two equal updates on one version both pass."""
    first = store.create(PLACE, {"n": 1, "m": {"a": 1, "b": 2}})
    assert store.update(PLACE, {"m": {"b": 2, "a": 1}}, expect=first) == first
    assert store.set(PLACE, {"n": 1, "m": {"a": 1, "b": 2}}) == first
    assert store.update(PLACE, {"n": 1.0}, expect=first) != first


def test_server_time_is_one_instant_a_commit(store: DocumentStore) -> None:
    """The store's own clock fills SERVER_TIME, in create, set and update alike."""
    store.commit([Create("c/a", {"at": Transform.SERVER_TIME}), Set("c/b", {"at": Transform.SERVER_TIME})])
    first, second = _data(store, "c/a")["at"], _data(store, "c/b")["at"]
    assert first == second
    assert first.tzinfo is UTC
    store.update("c/a", {"at": Transform.SERVER_TIME, "n": 1})
    assert _data(store, "c/a")["at"] >= first


@pytest.mark.parametrize(
    ("before", "by", "after"),
    [
        ({}, 2, 2),
        ({"n": 1}, 2, 3),
        ({"n": 1}, 0.5, 1.5),
        ({"n": 1.5}, 2, 3.5),
        ({"n": "text"}, 2, 2),
        ({"n": True}, 2, 2),
        ({"n": None}, -2.5, -2.5),
        ({"n": 2**63 - 1}, 1, 2**63 - 1),
        ({"n": -(2**63)}, -1, -(2**63)),
        ({"n": 7}, -7, 0),
    ],
)
def test_increment_adds_without_reading(
    store: DocumentStore, before: dict[str, object], by: float, after: float
) -> None:
    """What is no number counts as 0, whole and broken numbers mix, whole ones stop at 64 bits."""
    store.create("c/a", before)
    store.update("c/a", {"n": Increment(by), "other": 1})
    assert _data(store, "c/a") == {"n": after, "other": 1}
    assert type(_data(store, "c/a")["n"]) is type(after)


def test_increment_in_a_whole_document_starts_from_nothing(store: DocumentStore) -> None:
    """A set without merge forgets the old number; one with merge adds to it and makes what is absent."""
    store.set("c/a", {"n": Increment(5)})
    store.set("c/a", {"n": Increment(1), "x": 1})
    assert _data(store, "c/a") == {"n": 1, "x": 1}
    store.set("c/a", {"n": Increment(2)}, merge=True)
    store.set("c/new", {"n": Increment(2)}, merge=True)
    store.create("c/created", {"n": Increment(3)})
    assert [_data(store, f"c/{name}")["n"] for name in ("a", "new", "created")] == [3, 2, 3]


def test_a_commit_is_all_or_nothing(store: DocumentStore) -> None:
    """One failed precondition stops every write of the commit; a good one returns a version a write."""
    deleted = store.create("c/other", {"n": 1})
    store.delete("c/other")
    store.create("c/there", {"n": 1})
    with pytest.raises(AlreadyExistsError):
        store.commit([Set("c/new", {"n": 1}), Create("c/there", {"n": 2})])
    with pytest.raises(NotFoundError):
        store.commit([Set("c/new", {"n": 1}), Update("c/none", {"n": 2})])
    with pytest.raises(ConflictError):
        store.commit([Delete("c/there"), Update("c/other", {"n": 2}, deleted)])
    assert store.get_all(["c/new", "c/none"]) == [None, None]
    assert _data(store, "c/there") == {"n": 1}
    versions = store.commit([Create("c/new", {"n": 1}), Delete("c/there")])
    assert len(versions) == 2
    created = store.get("c/new")
    assert created is not None
    assert created.version == versions[0]
    assert store.commit([]) == []


def test_an_empty_update_only_asks_whether_it_exists(store: DocumentStore) -> None:
    """No fields to change is no change; the document must be there all the same."""
    version = store.create("c/a", {"n": 1})
    assert store.update("c/a", {}) == version
    with pytest.raises(NotFoundError):
        store.update("c/none", {})


def test_another_opening_of_the_same_place_sees_what_was_written(open_store: Callable[[], DocumentStore]) -> None:
    """What a call answered for is there for every second process at once."""
    first, second = open_store(), open_store()
    version = first.create(PLACE, {"n": 1})
    read = second.get(PLACE)
    assert read is not None
    assert read.version == version
    with pytest.raises(AlreadyExistsError):
        second.create(PLACE, {"n": 2})


def _data(store: DocumentStore, path: str = PLACE) -> dict[str, object]:
    read = store.get(path)
    assert read is not None
    return read.data
