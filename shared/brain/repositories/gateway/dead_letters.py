"""Dead letters as documents: listed for operators, claimed for a retry, and settled when they have been processed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from brain.domain.gateway.dead_letters import CLAIM_GRACE, CLAIM_TIME, DeadLetter
from brain.domain.json_text import parse_json
from brain.errors import ConflictError, LeaseHeldError, NotFoundError
from brain.ports.document_store import Delete, DocumentStore, Filter, Increment, Snapshot, Update, Version, Write
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway import ingest_counters

# A letter may have nearly 1 MiB, so only a few are in memory at once.
PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class DeadLetterCounts:
    """The number of dead letters: all, those due, those parked, and those that are new."""

    total: int
    due: int
    parked: int
    new: int


class DeadLetters:
    """Reads and removes dead letters; an expired one counts as removed."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, dead_letter_id: str, now: datetime) -> DeadLetter | None:
        """Return a letter that has not expired, or None."""
        letter = self._store.get(paths.dead_letter(dead_letter_id))
        return DeadLetter.from_document(letter.data) if letter and letter.data["expires_at"] > now else None

    def of_client(self, client_id: str) -> Iterator[Snapshot]:
        """Yield a client's letters, expired ones included, a page at a time."""
        after: Snapshot | None = None
        where = [Filter("client_id", "==", client_id)]
        while page := self._store.query(paths.DEAD_LETTERS, where, limit=PAGE_SIZE, start_after=after):
            yield from page
            after = page[-1]

    def due(self, client_id: str, now: datetime) -> list[Snapshot]:
        """Return a page of a client's letters that are due, the longest overdue first."""
        where = [Filter("client_id", "==", client_id), Filter("next_try_at", "<=", now)]
        return self._store.query(paths.DEAD_LETTERS, where, order_by="next_try_at", limit=PAGE_SIZE)

    def clients_with_due(self, now: datetime) -> list[str]:
        """Return the ids of the clients with a letter that is due; reads one letter per client with any letter."""
        client_ids: list[str] = []
        last_id = ""
        while letters := self._store.query(paths.DEAD_LETTERS, [Filter("client_id", ">", last_id)], limit=1):
            last_id = letters[0].data["client_id"]
            if self._count(Filter("client_id", "==", last_id), Filter("next_try_at", "<=", now)):
                client_ids.append(last_id)
        return client_ids

    def count(self, now: datetime, new_since: datetime) -> DeadLetterCounts:
        """Count all letters without reading any."""
        return DeadLetterCounts(
            total=self._count(),
            due=self._count(Filter("next_try_at", "<=", now)),
            parked=self._count(Filter("next_try_at", "==", None)),
            new=self._count(Filter("first_seen", ">=", new_since)),
        )

    def _count(self, *where: Filter) -> int:
        return self._store.count(paths.DEAD_LETTERS, where)

    def claim(self, dead_letter_id: str, now: datetime) -> DeadLetter:
        """Return a letter as it is now, claimed for a replay that begins.

        Raises:
            NotFoundError: it was settled, has expired or was erased.
            LeaseHeldError: another replay is at it, or one failed lately and may not have ended.
        """
        stored_letter = self._store.get(paths.dead_letter(dead_letter_id))
        if stored_letter is None or stored_letter.data["expires_at"] <= now:
            raise NotFoundError(f"dead letter {dead_letter_id} must still exist, got none; it was settled or erased")
        letter = DeadLetter.from_document(stored_letter.data)
        if claim_end := letter.find_claim_end(now):
            raise LeaseHeldError(f"another replay is at this letter; try again after {claim_end:%H:%M:%S} UTC")
        claim = build_replay_claim(stored_letter, now)
        try:
            self._store.update(stored_letter.path, claim, expect=stored_letter.version)
        except ConflictError as exc:
            raise LeaseHeldError("the letter changed when the replay began; try again") from exc
        return replace(letter, claimed_until=claim["claimed_until"])

    def settle(
        self,
        letter: DeadLetter,
        how: str,
        event_count: int,
        now: datetime,
        writes: Sequence[Write] = (),
        expect: Version | None = None,
    ) -> None:
        """Remove a letter, record its settlement and apply ``writes`` in one commit; twice has the effect of once."""
        settlement = ingest_counters.build_settlement(
            letter.client_id, letter.dead_letter_id, now, how=how, event_count=event_count
        )
        self._store.commit([*writes, settlement, Delete(paths.dead_letter(letter.dead_letter_id), expect)])

    def end_replay(self, dead_letter_id: str, event_count: int, *, has_ended: bool) -> None:
        """Record how many events the replays of a remaining letter have made so far, and whether this one has ended."""
        changes = ({"taken": event_count} if event_count else {}) | ({"claimed_until": None} if has_ended else {})
        if changes:
            with suppress(NotFoundError):
                self._store.update(paths.dead_letter(dead_letter_id), changes)

    def add_attempt(self, dead_letter_id: str, now: datetime) -> None:
        """Count one more failed attempt."""
        self._store.update(paths.dead_letter(dead_letter_id), {"attempts": Increment(1), "last_seen": now})

    def list(self, now: datetime, client_id: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return the letters that have not expired, of one client or of all, the earliest first."""
        where = [Filter("client_id", "==", client_id)] if client_id else []
        documents = self._store.query(paths.DEAD_LETTERS, where, limit=limit)
        letters = [
            DeadLetter.from_document(document.data) for document in documents if document.data["expires_at"] > now
        ]
        return sorted(letters, key=lambda letter: (letter.first_seen, letter.dead_letter_id))


def build_replay_claim(letter: Snapshot, now: datetime) -> dict[str, Any]:
    """Return the fields that claim a letter for a replay; it does not expire before the claim ends."""
    claimed_until = now + CLAIM_TIME
    return {"claimed_until": claimed_until, "expires_at": max(letter.data["expires_at"], claimed_until + CLAIM_GRACE)}


def build_claim(
    letter: Snapshot, next_try_at: datetime | None, now: datetime, replay_claim: Mapping[str, Any]
) -> Update:
    """Return the write that counts a retry that begins now; it is refused if the letter has changed meanwhile."""
    changes = {"attempts": Increment(1), "retries": Increment(1), "next_try_at": next_try_at, "last_seen": now}
    changes |= replay_claim
    return Update(letter.path, changes, expect=letter.version)


def record_failure(store: DocumentStore, dead_letter_id: str, code: str, message: str, *, is_transient: bool) -> None:
    """Record why a retry failed, and park the letter after a permanent error; a removed letter is ignored."""
    changes = {"error_code": code, "message": message} | ({} if is_transient else {"next_try_at": None})
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


def event_id_to_body(event_id: str) -> bytes:
    """Return the bytes that the dead letter of an event without a score seals."""
    return json.dumps({"event_id": event_id}).encode()


def event_id_from_body(body: bytes) -> str:
    """Return the event of such a dead letter; ``body`` is its unsealed content."""
    return str(parse_json(body)["event_id"])


def build_rescoring_writes(client_id: str, event_id: str, now: datetime) -> list[Write]:
    """Return the writes that mark a stored event for the next hourly run; they fail if it does not exist."""
    mark = Update(paths.event(client_id, event_id), {"unscored": True})
    return [mark, *ingest_counters.build_activity_marks(client_id, now)]
