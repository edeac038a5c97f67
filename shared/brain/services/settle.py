"""Decides what an event is that is already there: a duplicate, a revision of a running total, or a conflict."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from brain.domain.events import Event
from brain.domain.ingested import Item, Outcome
from brain.domain.intake import Completed
from brain.errors import AlreadyExistsError, BrainError, ConflictError
from brain.ports.document_store import Create, Document, DocumentStore, Snapshot, Transform, Update, Write
from brain.repositories import codec, paths

ATTEMPTS = 5
MOMENT = timedelta(microseconds=1)
CONFLICT = (
    "an event with this id but other content is stored already; the new content is kept aside. "
    "Send changed content under an id of its own, or as a running total"
)


@dataclass(slots=True)
class Settle:
    """Compares with what is stored, and writes revisions atomically with the event they revise.

    What an earlier attempt of the same ``delivery`` wrote is no duplicate: it ends as it would have ended then. Only
    the first of a request is meant; ``_own`` are the events that this attempt has written itself.
    """

    store: DocumentStore
    delivery: str = ""
    _own: set[str] = field(default_factory=set)

    def __call__(self, existing: Sequence[Completed]) -> list[Item]:
        """Return each event's end; raises ``StoreUnavailableError`` when the store cannot be read."""
        found = self.store.get_all([paths.event(c.event.client_id, c.event.event_id) for c in existing])
        return [self._settle(c, snapshot) for c, snapshot in zip(existing, found, strict=True)]

    def _settle(self, new: Completed, stored: Snapshot | None) -> Item:
        for _ in range(ATTEMPTS):
            if stored is None or stored.data["fingerprint"] == new.fingerprint:
                return Item(self._repeated(stored), new.event.event_id)
            if not new.cumulative:
                return Item(Outcome.DEAD_LETTERED, new.event.event_id, "conflict", CONFLICT)
            try:
                return self._revise(new, stored)
            except ConflictError:
                stored = self.store.get(stored.path)
        message = "this event is being revised by others at the same time; send again"
        return Item(Outcome.UNAVAILABLE, new.event.event_id, "conflict_retry", message)

    def _repeated(self, stored: Snapshot | None) -> Outcome:
        """Return how an event ends that is there with the same content."""
        mine = stored is not None and self.delivery and stored.data.get("delivery") == self.delivery
        if stored is None or not mine or stored.id in self._own:
            return Outcome.DUPLICATE
        self._own.add(stored.id)
        return Outcome.REVISED if stored.data["revision"] else Outcome.STORED

    def _revise(self, new: Completed, stored: Snapshot) -> Item:
        """Write the new values over the event; beside it, what was known when, and by how much it changed."""
        before = codec.event_from(stored.data)
        # Two forms that came at the same moment are known one after the other; the clock of this instance may lag.
        known_at = max(new.event.received_at, before.received_at + MOMENT)
        event = replace(new.event, received_at=known_at)
        number = stored.data["revision"] + 1
        current = codec.event_document(event) | ({"occurred_at": before.occurred_at} if new.undated else {})
        delivery = {"delivery": self.delivery} if self.delivery else {}
        state = {"fingerprint": new.fingerprint, "revision": number, **delivery}
        gone = {name: Transform.DELETE_FIELD for name in codec.PLAIN_EVENT_FIELDS if name in stored.data}
        writes: list[Write] = [
            Update(stored.path, gone | current | state | {"unscored": True}, expect=stored.version),
            _known(event, current | state | {"increments": codec.increments(before, event)}),
        ]
        if number == 1:
            first = {"fingerprint": stored.data["fingerprint"], "revision": 0, "increments": {}}
            writes.append(_known(before, codec.event_document(before) | first))
        try:
            self.store.commit(writes)
        except AlreadyExistsError as exc:
            raise ConflictError("another revision was known at the same moment") from exc
        self._own.add(event.event_id)
        return Item(Outcome.REVISED, event.event_id)


def _known(event: Event, document: Document) -> Create:
    return Create(paths.revision(event.client_id, event.event_id, event.received_at), document)


def unavailable(error: BrainError) -> Item:
    """Return the end of an item that could not be stored now and must be sent again."""
    return Item(Outcome.UNAVAILABLE, error_code=error.code, message="the store did not answer; send again")
