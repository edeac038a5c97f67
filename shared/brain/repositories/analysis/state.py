"""The jobs' rolling state of a client: the last 31 days in full, and the days before by platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brain.domain.days.sums import Days
from brain.ports.document_store import Create, Document, DocumentStore, Snapshot, Update, Version, Write
from brain.repositories import paths

RECENT = "scores"
ARCHIVE = "days"
INCIDENTS = "incidents"
OUTCOMES = "outcomes"
LEARNING = "learning"


@dataclass(slots=True)
class State:
    """One state document as read, to be written back only if nobody else wrote meanwhile."""

    path: str
    version: Version | None
    data: dict[str, Any] = field(default_factory=dict)

    def write(self, document: Document) -> Write:
        """Return the write that replaces it; the store refuses it when the document changed since it was read."""
        if self.version is None:
            return Create(self.path, document)
        return Update(self.path, document, expect=self.version)


class States:
    """Reads state documents; they are written by the jobs' commits."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def read(self, client_id: str, *names: str) -> list[State]:
        """Return the named state documents in one read each, empty where there is none."""
        places = [paths.state(client_id, name) for name in names]
        found = self._store.get_all(places)
        return [state_of(path, snapshot) for path, snapshot in zip(places, found, strict=True)]


def state_of(path: str, found: Snapshot | None) -> State:
    """Return a document as read, empty and still to be made where there was none."""
    return State(path, found.version, found.data) if found else State(path, None)


def days_of(state: State) -> Days:
    """Return a state's days, copied so that they may be changed in place."""
    return _copied(state.data.get("days", {}))


def breakdowns_of(state: State) -> Days:
    """Return the finer sums of a state's days, copied likewise."""
    return _copied(state.data.get("breakdowns", {}))


def _copied(stored: Mapping[str, Any]) -> Days:
    return {day: {group: dict(sums) for group, sums in groups.items()} for day, groups in stored.items()}
