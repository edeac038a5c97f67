"""Warnings about a client's feeds as documents, one per kind, counted by increments so that no writer has to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brain.domain.gateway.feed_warnings import FeedWarning
from brain.ports.document_store import Create, Document, DocumentStore, Increment, Set, Write
from brain.repositories import paths

MAX_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class WarningCount:
    """How often one kind of warning occurred between two moments, with the latest one as a sample."""

    count: int
    first_seen: datetime
    last_seen: datetime
    sample: FeedWarning

    def add(self, later: "WarningCount") -> "WarningCount":
        """Return the sum of both."""
        return WarningCount(self.count + later.count, self.first_seen, later.last_seen, later.sample)


def count_warnings(warnings: Sequence[FeedWarning], now: datetime) -> dict[str, WarningCount]:
    """Return the warnings of one moment, counted by kind."""
    counts: dict[str, WarningCount] = {}
    for warning in warnings:
        single = WarningCount(1, now, now, warning)
        counts[warning.kind] = counts[warning.kind].add(single) if warning.kind in counts else single
    return counts


def build_first_warning(client_id: str, count: WarningCount) -> Create:
    """Return the write that creates a warning."""
    fields = _to_document(count) | {"first_seen": count.first_seen, "count": count.count}
    return Create(paths.warning(client_id, count.sample.kind), fields)


def build_repeated_warning(client_id: str, count: WarningCount) -> Set:
    """Return the write that adds to a warning; several of them can be merged."""
    fields = _to_document(count) | {"count": Increment(count.count)}
    return Set(paths.warning(client_id, count.sample.kind), fields, merge=True)


def build_warning_writes(
    store: DocumentStore, client_id: str, warnings: Sequence[FeedWarning], now: datetime
) -> list[Write]:
    """Return the writes of a job that record warnings: one read and one write per kind."""
    counts = count_warnings(warnings, now)
    stored = store.get_all([paths.warning(client_id, kind) for kind in counts])
    return [
        build_repeated_warning(client_id, count) if snapshot else build_first_warning(client_id, count)
        for count, snapshot in zip(counts.values(), stored, strict=True)
    ]


def list_warnings(store: DocumentStore, client_id: str) -> list[Document]:
    """Return the warnings of a client, the latest first."""
    documents = [snapshot.data for snapshot in store.query(paths.warnings(client_id))]
    return sorted(documents, key=lambda warning: warning["last_seen"], reverse=True)


def _to_document(count: WarningCount) -> dict[str, object]:
    return {
        "type": count.sample.kind,
        "sample_id": count.sample.sample_id,
        "message": count.sample.message[:MAX_MESSAGE_CHARACTERS],
        "last_seen": count.last_seen,
    }
