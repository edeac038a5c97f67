"""Dead letters as documents: listed for operators, claimed for a retry, settled when they are taken at last."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain.gateway.dead_letters import DeadLetter, dead_letter_from
from brain.domain.json_text import parse_json
from brain.errors import NotFoundError
from brain.ports.document_store import Delete, DocumentStore, Filter, Increment, Snapshot, Update
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway import ingest_counters

# A letter may be nearly 1 MiB, so few of them are held at once.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many dead letters there are, how many of them are due, parked, and new since a moment."""

    total: int
    due: int
    parked: int
    new: int


class DeadLetters:
    """Reads and removes dead letters; those past their expiry are as good as gone."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, dead_letter_id: str, now: datetime) -> DeadLetter | None:
        """Return one that has not expired, or None."""
        found = self._store.get(paths.dead_letter(dead_letter_id))
        return dead_letter_from(found.data) if found and found.data["expires_at"] > now else None

    def of_client(self, client_id: str) -> Iterator[Snapshot]:
        """Yield a client's letters, expired ones included, a page at a time."""
        after: Snapshot | None = None
        where = [Filter("client_id", "==", client_id)]
        while page := self._store.query(paths.DEAD_LETTERS, where, limit=PAGE, start_after=after):
            yield from page
            after = page[-1]

    def due(self, client_id: str, now: datetime) -> list[Snapshot]:
        """Return some of a client's letters whose next try has come, the longest waiting first."""
        where = [Filter("client_id", "==", client_id), Filter("next_try_at", "<=", now)]
        return self._store.query(paths.DEAD_LETTERS, where, order_by="next_try_at", limit=PAGE)

    def clients_with_due(self, now: datetime) -> list[str]:
        """Return the clients that have a letter to be tried now; reads one letter a client that has any."""
        clients: list[str] = []
        last = ""
        while found := self._store.query(paths.DEAD_LETTERS, [Filter("client_id", ">", last)], limit=1):
            last = found[0].data["client_id"]
            if self._count(Filter("client_id", "==", last), Filter("next_try_at", "<=", now)):
                clients.append(last)
        return clients

    def waiting(self, now: datetime, since: datetime) -> Waiting:
        """Count all letters without reading any."""
        return Waiting(
            total=self._count(),
            due=self._count(Filter("next_try_at", "<=", now)),
            parked=self._count(Filter("next_try_at", "==", None)),
            new=self._count(Filter("first_seen", ">=", since)),
        )

    def _count(self, *where: Filter) -> int:
        return self._store.count(paths.DEAD_LETTERS, where)

    def settle(self, letter: DeadLetter, how: str, taken: int, now: datetime) -> None:
        """Remove one that was taken at last or is given up, and book it in the same commit; twice is once."""
        entry = ingest_counters.build_settlement(
            letter.client_id, letter.dead_letter_id, now, how=how, event_count=taken
        )
        self._store.commit([entry, Delete(paths.dead_letter(letter.dead_letter_id))])

    def took(self, dead_letter_id: str, taken: int) -> None:
        """Note how many events the replays of a letter that stays have made so far."""
        self._store.update(paths.dead_letter(dead_letter_id), {"taken": taken})

    def tried(self, dead_letter_id: str, at: datetime) -> None:
        """Count one more attempt that failed."""
        self._store.update(paths.dead_letter(dead_letter_id), {"attempts": Increment(1), "last_seen": at})

    def list(self, now: datetime, client_id: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return those that have not expired, of one client or of all, the earliest first."""
        where = [Filter("client_id", "==", client_id)] if client_id else []
        found = self._store.query(paths.DEAD_LETTERS, where, limit=limit)
        living = [dead_letter_from(one.data) for one in found if one.data["expires_at"] > now]
        return sorted(living, key=lambda letter: (letter.first_seen, letter.dead_letter_id))


def claim(found: Snapshot, next_try_at: datetime | None, now: datetime) -> Update:
    """Return the write that counts a retry which begins now; refused when somebody changed the letter meanwhile."""
    changes = {"attempts": Increment(1), "retries": Increment(1), "next_try_at": next_try_at, "last_seen": now}
    return Update(found.path, changes, expect=found.version)


def failure(store: DocumentStore, dead_letter_id: str, code: str, message: str, *, passing: bool) -> None:
    """Note why a retry failed; what cannot pass is parked. A letter that is gone meanwhile needs no note."""
    changes = {"error_code": code, "message": message} | ({} if passing else {"next_try_at": None})
    with suppress(NotFoundError):
        store.update(paths.dead_letter(dead_letter_id), changes)


def task_to_body(task: Task) -> bytes:
    """Return the bytes that the dead letter of a failed task seals."""
    return json.dumps({"job": task.job, "scheduled_at": task.scheduled_at.isoformat()}).encode()


def task_from_dead_letter(letter: DeadLetter, body: bytes) -> Task:
    """Return the task of a job's dead letter; ``body`` is its unsealed content."""
    document: dict[str, Any] = parse_json(body)
    scheduled_at = datetime.fromisoformat(document["scheduled_at"])
    return Task(document["job"], letter.client_id, scheduled_at, scheduled_at)
