"""A client's state documents: what the jobs remember of it between runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from brain.domain.days import sums
from brain.domain.days.sums import Days
from brain.ports.document_store import Create, Document, DocumentStore, Snapshot, Update, Version, Write
from brain.repositories import paths

RECENT = "scores"
BREAKDOWNS = "breakdowns"
INCIDENTS = "incidents"
OUTCOMES = "outcomes"
LEARNING = "learning"
CLIENTS_PER_READ = 50
"""How many clients' documents are read in one call: some megabytes at most."""


@dataclass(slots=True)
class StateDocument:
    """A state document as read; it is written back only if nobody else wrote it meanwhile."""

    path: str
    version: Version | None
    data: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_snapshot(cls, path: str, snapshot: Snapshot | None) -> "StateDocument":
        """Return the document at ``path``, empty and still to be created if there is no snapshot."""
        return cls(path, snapshot.version, snapshot.data) if snapshot else cls(path, None)

    def write(self, document: Document) -> Write:
        """Return the write that replaces the document; it fails if the document changed since it was read."""
        if self.version is None:
            return Create(self.path, document)
        return Update(self.path, document, expect=self.version)


class StateDocuments:
    """Read access to state documents; the commits of the jobs write them."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def read(self, client_id: str, *names: str) -> list[StateDocument]:
        """Return the state documents of these names with one read each; missing ones are empty."""
        return self._read([paths.state(client_id, name) for name in names])

    def read_many(self, client_ids: Sequence[str], *names: str) -> dict[str, list[StateDocument]]:
        """Return the state documents of these names by client, all in one call; missing ones are empty.

        Pass at most ``CLIENTS_PER_READ`` clients: all documents are in memory at once.
        """
        documents = iter(self._read([paths.state(client_id, name) for client_id in client_ids for name in names]))
        return {client_id: [next(documents) for _ in names] for client_id in client_ids}

    def _read(self, document_paths: Sequence[str]) -> list[StateDocument]:
        snapshots = self._store.get_all(document_paths)
        return [StateDocument.from_snapshot(p, snapshot) for p, snapshot in zip(document_paths, snapshots, strict=True)]


def copy_days(state: StateDocument) -> Days:
    """Return a copy of the daily sums in a state document: the caller may change it in place."""
    return sums.copy_days(state.data.get("days", {}))


def copy_breakdowns(recent: StateDocument, breakdowns: StateDocument) -> Days:
    """Return a copy of the daily breakdowns: the caller may change it in place.

    A former version stored them with the recent sums; while both versions run, what either of them stored is added up.

    Args:
        recent: The state document ``RECENT``.
        breakdowns: The state document ``BREAKDOWNS``.
    """
    return sums.merge_days(recent.data.get("breakdowns", {}), copy_days(breakdowns))
