"""Decides what an event is that is already there: a duplicate, a revision of a running total, or a conflict."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from brain.domain.events import Event
from brain.domain.gateway.normalize import Completed
from brain.domain.gateway.results import Item, Outcome
from brain.errors import AlreadyExistsError, BrainError, ConflictError
from brain.ports.document_store import Create, Document, DocumentStore, Snapshot, Transform, Update, Write
from brain.repositories import codec, paths

ATTEMPTS = 5
MAX_FORMS = 50
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

    Forms of one total that came at the same moment or in one sending (an export that has it twice) are remembered
    with the last of them, so that the same export again changes nothing. ``history`` says that what comes is old:
    then whatever was ever known is a duplicate, where live a counter may well return to a value that it had before.
    """

    store: DocumentStore
    delivery: str = ""
    _own: set[str] = field(default_factory=set)
    history: bool = False
    _known: dict[str, set[str]] = field(default_factory=dict)
    _revised: set[str] = field(default_factory=set)

    def __call__(self, existing: Sequence[Completed]) -> list[Item]:
        """Return each event's end; raises ``StoreUnavailableError`` when the store cannot be read."""
        found = self.store.get_all([paths.event(c.event.client_id, c.event.event_id) for c in existing])
        return [self._settle(c, self._latest(snapshot)) for c, snapshot in zip(existing, found, strict=True)]

    def _latest(self, stored: Snapshot | None) -> Snapshot | None:
        """Return the event as it is after what this request has revised already."""
        return self.store.get(stored.path) if stored and stored.id in self._revised else stored

    def _settle(self, new: Completed, stored: Snapshot | None) -> Item:
        for _ in range(ATTEMPTS):
            if stored is None or stored.data["fingerprint"] == new.fingerprint:
                return Item(self._repeated(stored), new.event.event_id)
            if not new.cumulative:
                return Item(Outcome.DEAD_LETTERED, new.event.event_id, "conflict", CONFLICT)
            if (end := self._known_before(new, stored)) is not None:
                return Item(end, new.event.event_id)
            try:
                return self._revise(new, stored)
            except ConflictError:
                stored = self.store.get(stored.path)
        message = "this event is being revised by others at the same time; send again"
        return Item(Outcome.UNAVAILABLE, new.event.event_id, "conflict_retry", message)

    def _repeated(self, stored: Snapshot | None) -> Outcome:
        """Return how an event ends that is there with the same content."""
        if stored is None or not self._is_mine(stored):
            return Outcome.DUPLICATE
        # A revision whose answer was lost may follow others that this attempt wrote: it is known by its own content.
        form = f"{stored.id}:{stored.data['fingerprint']}"
        if (form if stored.data["revision"] else stored.id) in self._own:
            return Outcome.DUPLICATE
        self._own |= {stored.id, form}
        return Outcome.REVISED if stored.data["revision"] else Outcome.STORED

    def _is_mine(self, stored: Snapshot) -> bool:
        return bool(self.delivery) and stored.data.get("delivery") == self.delivery

    def _known_before(self, new: Completed, stored: Snapshot) -> Outcome | None:
        """Return how a form ends that was known before the present one, or None for one that is news."""
        forms = stored.data.get("superseded", [])
        mine = (one for one in forms if one["fingerprint"] == new.fingerprint and self._concerns(one))
        if (form := next(mine, None)) is not None:
            key = f"{stored.id}:{new.fingerprint}"
            if not self.delivery or form["delivery"] != self.delivery or key in self._own:
                return Outcome.DUPLICATE
            self._own.add(key)
            return Outcome.REVISED if form["revision"] else Outcome.STORED
        if self.history and new.fingerprint in self._ever_known(new.event):
            return Outcome.DUPLICATE
        return None

    def _concerns(self, form: dict[str, Any]) -> bool:
        """Whether a form is of the present moment, or of the one before and this sending has to be told of it again."""
        return not form.get("until") or form["until"] == self.delivery

    def _ever_known(self, event: Event) -> set[str]:
        """Return the fingerprints of all revisions, read once a request."""
        if event.event_id not in self._known:
            revisions = self.store.query(paths.revisions(event.client_id, event.event_id))
            self._known[event.event_id] = {known.data["fingerprint"] for known in revisions}
        return self._known[event.event_id]

    def _former(self, stored: Snapshot) -> list[dict[str, Any]]:
        """Return the forms of the moment before, which a second attempt of this sending must find as the first did."""
        forms = stored.data.get("superseded", []) if self.delivery else []
        return [form | {"until": self.delivery} for form in forms if not form.get("until")]

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
        together = new.event.received_at <= before.received_at or self._is_mine(stored)
        superseded = _superseded(stored) if together else self._former(stored)
        gone = {name: Transform.DELETE_FIELD for name in codec.PLAIN_EVENT_FIELDS if name in stored.data}
        writes: list[Write] = [
            Update(
                stored.path,
                gone | current | state | {"unscored": True, "superseded": superseded or Transform.DELETE_FIELD},
                expect=stored.version,
            ),
            _known(event, current | state | {"increments": codec.increments(before, event)}),
        ]
        if number == 1:
            first = {"fingerprint": stored.data["fingerprint"], "revision": 0, "increments": {}}
            first |= {"delivery": stored.data["delivery"]} if "delivery" in stored.data else {}
            writes.append(_known(before, codec.event_document(before) | first))
        try:
            self.store.commit(writes)
        except AlreadyExistsError as exc:
            raise ConflictError("another revision was known at the same moment") from exc
        if event.event_id in self._own:
            self._own.add(f"{event.event_id}:{stored.data['fingerprint']}")
        self._revised.add(event.event_id)
        self._own |= {event.event_id, f"{event.event_id}:{new.fingerprint}"}
        self._known.get(event.event_id, set()).update((new.fingerprint, stored.data["fingerprint"]))
        return Item(Outcome.REVISED, event.event_id)


def _superseded(stored: Snapshot) -> list[dict[str, Any]]:
    """Return the forms that came together with the present one, itself the last of them."""
    form = {name: stored.data[name] for name in ("fingerprint", "revision")}
    return [*stored.data.get("superseded", []), form | {"delivery": stored.data.get("delivery", "")}][-MAX_FORMS:]


def _known(event: Event, document: Document) -> Create:
    return Create(paths.revision(event.client_id, event.event_id, event.received_at), document)


def unavailable(error: BrainError) -> Item:
    """Return the end of an item that could not be stored now and must be sent again."""
    return Item(Outcome.UNAVAILABLE, error_code=error.code, message="the store did not answer; send again")
