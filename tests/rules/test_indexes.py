"""The indexes that are deployed are those the queries need, and what no query needs is not indexed."""

import ast
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rules.known_queries import KNOWN_QUERIES, OTHER_FIELDS, KnownQuery
from rules.rest import Project

from brain.adapters.firestore.store import FirestoreStore
from brain.domain.events import Event, FeedType
from brain.repositories.codec import new_event_to_document
from brain.repositories.queried_fields import QUERIED_FIELDS

ROOT = Path(__file__).resolve().parents[2]
FILE = json.loads((ROOT / "firestore.indexes.json").read_text(encoding="utf-8"))
EVERY_QUERY = (*KNOWN_QUERIES, *OTHER_FIELDS)
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def is_indexed(collection_id: str, field: str) -> bool:
    """Whether a field of its own is indexed: automatically, unless it or its whole collection is exempt."""
    exempt = {(o["collectionGroup"], o["fieldPath"]): o["indexes"] for o in FILE["fieldOverrides"]}
    return bool(exempt.get((collection_id, field), exempt.get((collection_id, "*"), "automatic")))


@pytest.mark.emulator
def test_the_composite_indexes_are_those_the_queries_need(emulator: str, project: str) -> None:
    """None is missing, which would fail only in production, and none is paid for in vain."""
    store = FirestoreStore(project)
    for query in EVERY_QUERY:
        query.ask(store)
    store.close()
    needed = {_composite(report["index"]) for report in Project(emulator, project).index_usage()}
    assert needed == {_composite(index) for index in FILE["indexes"]}


@pytest.mark.parametrize(
    "query", EVERY_QUERY, ids=lambda q: f"{q.collection_id} by {', '.join(sorted(q.fields)) or 'id'}"
)
def test_no_query_needs_an_index_that_is_switched_off(query: KnownQuery) -> None:
    """A query by one field is served by that field's own index."""
    assert len(query.fields) > 1 or all(is_indexed(query.collection_id, field) for field in query.fields)


@pytest.mark.parametrize("queried", QUERIED_FIELDS, ids=lambda q: f"{q.collection_id}.{q.field}")
def test_what_the_embedded_store_indexes_is_queried_and_indexed(queried: Any) -> None:
    """Both stores index the same fields."""
    asked = {(query.collection_id, field) for query in EVERY_QUERY for field in query.fields}
    assert (queried.collection_id, queried.field) in asked
    assert is_indexed(queried.collection_id, queried.field)


def test_every_query_of_the_library_is_known() -> None:
    """A query that somebody adds is added to the list too, or the list would prove nothing."""
    known = Counter(query.module for query in KNOWN_QUERIES)
    assert Counter(_call_sites()) == known, "list the query in tests/rules/known_queries.py"


def test_what_grows_with_time_or_size_in_an_event_is_not_indexed() -> None:
    """An index that only grows at its end is hot from 500 writes a second; one of a payload is dear."""
    event = Event(
        event_id="e-1", client_id="acme", feed_type=FeedType.EMAIL, occurred_at=NOW, received_at=NOW, raw_data={"a": 1}
    )
    document = new_event_to_document(event, "0" * 64, cumulative=False) | {"stored_at": NOW}
    growing = {name for name, value in document.items() if isinstance(value, datetime)} | {"raw_data"}
    assert not {name for name in growing if is_indexed("events", name)}


@pytest.mark.parametrize("collection_id", ["revisions", "scores", "state", "views", "reports", "runs", "models"])
def test_nothing_is_indexed_where_nobody_queries(collection_id: str) -> None:
    """Written often or large, and read by id alone; every top-level name below is as good as another."""
    assert not is_indexed(collection_id, "anything")


def test_what_expires_is_removed_by_the_store_itself() -> None:
    """And the field that says when is not indexed, since it only grows."""
    expiring = {o["collectionGroup"]: o["fieldPath"] for o in FILE["fieldOverrides"] if o.get("ttl")}
    assert expiring == dict.fromkeys(("dead_letter_queue", "runs", "rates", "counters", "signatures"), "expires_at")
    assert not [collection_id for collection_id in expiring if is_indexed(collection_id, "expires_at")]


def test_no_override_is_given_twice() -> None:
    """Of two, one would win in silence."""
    given = Counter((o["collectionGroup"], o["fieldPath"]) for o in FILE["fieldOverrides"])
    assert given.most_common(1)[0][1] == 1


def _composite(index: dict[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return an index in a form to compare; the id that ends every index is understood."""
    group = index.get("collectionGroup") or index["name"].split("/collectionGroups/")[1].partition("/")[0]
    fields = [(field["fieldPath"], field["order"]) for field in index["fields"]]
    return group, index["queryScope"], tuple(field for field in fields if field[0] != "__name__")


def _call_sites() -> list[str]:
    """Return, once for each call of ``query`` or ``count`` on a store, the module that makes it."""
    library = ROOT / "shared" / "brain"
    found = []
    for room in ("cli", "entrypoints", "repositories", "services"):
        for file in sorted((library / room).rglob("*.py")):
            module = ".".join(file.relative_to(library).with_suffix("").parts)
            found += [module for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if _is_query(node)]
    return found


def _is_query(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr in ("query", "count") and ast.unparse(node.func.value).endswith("store")
