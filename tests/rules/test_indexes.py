"""The indexes that are deployed are those the queries need, and what no query needs is not indexed."""

import ast
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rules.known_queries import KNOWN_QUERIES, OTHER_FIELDS, KnownQuery
from rules.rest import Project

from brain.adapters.firestore.store import FirestoreStore
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.events import Event, FeedType
from brain.repositories.codec import new_event_to_document
from brain.repositories.queried_fields import QUERIED_FIELDS
from brain.testing.manual_clock import ManualClock

ROOT = Path(__file__).resolve().parents[2]
FILE = json.loads((ROOT / "firestore.indexes.json").read_text(encoding="utf-8"))
EVERY_QUERY = (*KNOWN_QUERIES, *OTHER_FIELDS)
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
# ``brain reconcile``, which nothing schedules: an index of it would be one more for each event that is written.
SCANNING_QUERIES = [query for query in KNOWN_QUERIES if query.fields == {"revision"}]


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


def _describe(query: KnownQuery) -> str:
    return f"{query.collection_id} by {', '.join(sorted(query.fields)) or 'id'}"


@pytest.mark.parametrize("query", EVERY_QUERY, ids=_describe)
def test_no_query_needs_an_index_that_is_switched_off(query: KnownQuery) -> None:
    """A query by one field is served by that field's own index."""
    assert len(query.fields) > 1 or all(is_indexed(query.collection_id, field) for field in query.fields)


@pytest.mark.parametrize("queried", QUERIED_FIELDS, ids=lambda q: f"{q.collection_id}.{q.field}.{q.order_by}")
def test_what_the_embedded_store_indexes_is_queried_and_indexed(queried: Any) -> None:
    """Both stores index the same fields, alone or together."""
    fields = {queried.field, queried.order_by} - {None}
    assert any(query.collection_id == queried.collection_id and query.fields == fields for query in EVERY_QUERY)
    if len(fields) == 1:
        assert is_indexed(queried.collection_id, queried.field)
    else:
        composite = [(queried.field, "ASCENDING"), (queried.order_by, "ASCENDING")]
        assert (queried.collection_id, "COLLECTION", tuple(composite)) in map(_composite, FILE["indexes"])


@pytest.mark.parametrize("query", [query for query in EVERY_QUERY if query not in SCANNING_QUERIES], ids=_describe)
@pytest.mark.parametrize("is_first_page", [True, False])
def test_the_embedded_store_reads_only_what_matches_and_in_order(query: KnownQuery, is_first_page: bool) -> None:
    """The plan searches an index of all the fields, and sorts nothing."""
    store = SqliteStore(":memory:", ManualClock(NOW))
    statements: list[str] = []
    store._connection.set_trace_callback(statements.append)
    query.ask(store, None if is_first_page else query.build_cursor())
    store._connection.set_trace_callback(None)
    (sql,) = (statement for statement in statements if statement.startswith("SELECT"))
    (step,) = (row[3] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
    index = "_and_".join(query.list_fields())
    name = f"{query.collection_id}_by_{index}" if index else "sqlite_autoindex_documents_1"
    assert re.match(rf"SEARCH documents USING (COVERING )?INDEX {name}\w* \(collection=\?", step), step
    if query.where:
        assert "<expr>" in step


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
