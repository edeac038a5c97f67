"""The levels of a client's reports: one small document per feed, in which values are keyed hashes."""

from collections.abc import Mapping
from typing import Any

from brain.domain.gateway.known_levels import KnownLevel, KnownLevels, derive_level_id
from brain.domain.gateway.report_levels import Level
from brain.ports.document_store import Create, DocumentStore, Snapshot, Update
from brain.repositories import paths


def load_levels(store: DocumentStore, client_id: str, feed: str) -> tuple[Snapshot | None, dict[str, KnownLevel]]:
    """Return the document of a feed's levels, if there is one, and the levels in it."""
    stored = store.get(paths.report_levels(client_id, feed))
    entries = stored.data["levels"] if stored else []
    levels = [_from_document(feed, entry) for entry in entries]
    return stored, {derive_level_id(each.level): each for each in levels}


def build_levels_write(client_id: str, feed: str, stored: Snapshot | None, levels: KnownLevels) -> Create | Update:
    """Return the write of a feed's levels, which fails if another instance has written them in the meantime."""
    fields = {"levels": [_to_document(each) for each in levels.values()]}
    path = paths.report_levels(client_id, feed)
    return Update(path, fields, expect=stored.version) if stored else Create(path, fields)


def _to_document(known: KnownLevel) -> dict[str, Any]:
    return {
        "kind": known.level.kind,
        "names": list(known.level.names),
        "first_seen": known.first_seen,
        "last_seen": known.last_seen,
        "metrics": sorted(known.metrics),
        "empty": sorted(known.empty),
        "rows": [" ".join(row) for row in known.rows],
        "tables": sorted(known.tables),
    }


def _from_document(feed: str, entry: Mapping[str, Any]) -> KnownLevel:
    return KnownLevel(
        Level(feed, entry["kind"], tuple(entry["names"])),
        entry["first_seen"],
        entry["last_seen"],
        frozenset(entry["metrics"]),
        frozenset(entry["empty"]),
        tuple(tuple(row.split(" ")) for row in entry["rows"]),
        frozenset(entry["tables"]),
    )
