"""A file of version 0.1 gets the present indexes when it is opened, once, and loses those that no query uses."""

import sqlite3
from contextlib import closing
from pathlib import Path

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import Create
from brain.repositories import paths
from brain.repositories.gateway.events import StoredEvents
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW

FORMER_INDEXES = [
    f"CREATE INDEX {name} ON documents (collection, json_extract(data, '$.{path}'), id) WHERE collection_id = '{of}'"
    for name, path, of in (
        ("events_by_unscored", '"unscored"', "events"),
        ("scores_by_matures_at", '"matures_at"."$time"', "scores"),
    )
]
"""Two of the indexes that version 0.1 creates: one that another replaces, one that is defined anew under its name."""


def read_indexes(file: Path) -> dict[str, str]:
    """Read the statements of a file's indexes by name, without opening it as a store."""
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))


def write_former_store(file: Path) -> None:
    """Write a file with one unscored event and the former indexes."""
    store = SqliteStore(file, ManualClock(NOW))
    store.commit([Create(paths.event(CLIENT, "evt_1"), {"unscored": True, "occurred_at": NOW})])
    store.close()
    with closing(sqlite3.connect(file)) as connection:
        for name in read_indexes(file):
            connection.execute(f"DROP INDEX {name}")
        for statement in FORMER_INDEXES:
            connection.execute(statement)


def test_a_former_store_gets_the_present_indexes(tmp_path: Path) -> None:
    """They are those of a new store, and its documents are found by them."""
    write_former_store(tmp_path / "former.db")
    former_store = SqliteStore(tmp_path / "former.db", ManualClock(NOW))
    SqliteStore(tmp_path / "new.db", ManualClock(NOW)).close()
    assert [event.id for event in StoredEvents(former_store).unscored(CLIENT, limit=10)] == ["evt_1"]
    former_store.close()
    assert read_indexes(tmp_path / "former.db") == read_indexes(tmp_path / "new.db")


def test_a_present_store_is_opened_without_building_an_index(tmp_path: Path) -> None:
    """The schema changes with the first opening and with no later one."""
    write_former_store(tmp_path / "brain.db")
    versions = []
    for _ in range(3):
        with closing(sqlite3.connect(tmp_path / "brain.db")) as connection:
            versions.append(connection.execute("PRAGMA schema_version").fetchone()[0])
        SqliteStore(tmp_path / "brain.db", ManualClock(NOW)).close()
    assert versions[0] < versions[1] == versions[2]
