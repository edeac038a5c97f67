"""Resolves an event whose id is stored already: a duplicate, a revision of a running total, or a conflict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from brain.domain.events import METRICS, Event, Rejected
from brain.domain.gateway.ambiguous_rows import reject_different_rows
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.results import CONFLICT_CODE, IngestStatus, ItemResult
from brain.domain.gateway.revisions import RunningTotal, merge_revision
from brain.errors import AlreadyExistsError, BrainError, ConflictError, StoreRefusedError
from brain.ports.document_store import DocumentStore, Snapshot, Transform, Update
from brain.repositories import codec, paths
from brain.repositories.gateway.revisions import build_revision_writes, build_time_update, total_from_document

MAX_ATTEMPTS = 5
MAX_SUPERSEDED = 50
SMALLEST_STEP = timedelta(microseconds=1)
SAME_FILE = timedelta(milliseconds=1)
CONFLICT_MESSAGE = (
    "an event with this id and other content is stored already; the new content is stored as a dead letter. "
    "Send changed content under its own id, or as a running total"
)


@dataclass(slots=True)
class ResolveExisting:
    """Compares events with their stored documents, and writes revisions atomically with the event they revise.

    An event that an earlier attempt of the same delivery wrote is no duplicate: it has the result of that attempt. This
    holds for the first occurrence in a request only; ``_own`` are the events that this attempt has written.

    Several forms of one total that were received at the same moment or in one delivery (an export that has it twice)
    are remembered with the last of them as superseded, so that the same export again changes nothing. With
    ``is_history`` every form that was ever stored is a duplicate, whereas a live counter may well return to an earlier
    value.
    """

    store: DocumentStore
    delivery_id: str = ""
    _own: set[str] = field(default_factory=set)
    is_history: bool = False
    _fingerprints: dict[str, set[str]] = field(default_factory=dict)
    _revised: set[str] = field(default_factory=set)

    def __call__(self, incoming: Sequence[IdentifiedEvent]) -> list[ItemResult]:
        """Return the result of each event; raises ``StoreUnavailableError`` when the store cannot be read."""
        stored = self.store.get_all([paths.event(new.event.client_id, new.event.event_id) for new in incoming])
        return [self._resolve(new, self._refresh(snapshot)) for new, snapshot in zip(incoming, stored, strict=True)]

    def _refresh(self, stored: Snapshot | None) -> Snapshot | None:
        """Return the event as it is after the revisions of this request."""
        return self.store.get(stored.path) if stored and stored.id in self._revised else stored

    def _resolve(self, new: IdentifiedEvent, stored: Snapshot | None) -> ItemResult:
        for _ in range(MAX_ATTEMPTS):
            try:
                return self._resolve_once(new, stored)
            except StoreRefusedError:
                message = "the store refused this revision; it is stored as a dead letter for the operator"
                return ItemResult(IngestStatus.DEAD_LETTERED, new.event.event_id, "store_refused", message)
            except ConflictError:
                stored = self.store.get(paths.event(new.event.client_id, new.event.event_id))
        message = "other requests are revising this event at the same time; send again"
        return ItemResult(IngestStatus.UNAVAILABLE, new.event.event_id, "conflict_retry", message)

    def _resolve_once(self, new: IdentifiedEvent, stored: Snapshot | None) -> ItemResult:
        if stored is None:
            return ItemResult(IngestStatus.DUPLICATE, new.event.event_id)
        if stored.data["fingerprint"] == new.fingerprint:
            outcome = self._resolve_same(stored)
            is_read_anew = new.cumulative and outcome is IngestStatus.DUPLICATE and not self._is_of_delivery(stored)
            return self._revise(new, stored) if is_read_anew else ItemResult(outcome, stored.id)
        if not new.cumulative:
            return ItemResult(IngestStatus.DEAD_LETTERED, stored.id, CONFLICT_CODE, CONFLICT_MESSAGE)
        if (outcome_before := self._resolve_superseded(new, stored)) is not None:
            return self._resolve_form(new, stored, outcome_before)
        if (rejection := self._find_ambiguity(new, stored)) is not None:
            return ItemResult(IngestStatus.DEAD_LETTERED, stored.id, rejection.error_code, rejection.message)
        return self._revise(new, stored)

    def _resolve_form(self, new: IdentifiedEvent, stored: Snapshot, outcome: IngestStatus) -> ItemResult:
        """Return the result of a superseded form; one with a metric that the total lacks adds it."""
        if outcome is IngestStatus.DUPLICATE and not self.is_history and _has_lost_metric(new, stored):
            return self._revise(new._replace(as_of=total_from_document(stored.data).as_of), stored)
        return ItemResult(outcome, stored.id)

    def _resolve_same(self, stored: Snapshot) -> IngestStatus:
        """Return the outcome of an event that is stored with the same content."""
        if not self._is_of_delivery(stored):
            return IngestStatus.DUPLICATE
        # A revision whose response was lost may precede others of this attempt, so it is identified by its content.
        form_key = f"{stored.id}:{stored.data['fingerprint']}"
        if (form_key if stored.data["revision"] else stored.id) in self._own:
            return IngestStatus.DUPLICATE
        self._own |= {stored.id, form_key}
        return IngestStatus.REVISED if stored.data["revision"] else IngestStatus.STORED

    def _find_ambiguity(self, new: IdentifiedEvent, stored: Snapshot) -> Rejected | None:
        """Return the rejection of a row of a file, an earlier batch of which stored another row under the same key.

        The batches of a file have the same time of receipt. The rejected form is remembered, so that the same file
        again is rejected again.
        """
        ambiguous = stored.data.get("ambiguous", [])
        is_known = any(form["fingerprint"] == new.fingerprint for form in ambiguous)
        if not (self.is_history and (is_known or _is_of_same_file(new, stored))):
            return None
        payloads = (codec.event_from_document(stored.data).raw_data, new.event.raw_data)
        rejection = reject_different_rows(payloads, new.volatile)
        if rejection and not is_known:
            forms = [*ambiguous, {"fingerprint": new.fingerprint}][-MAX_SUPERSEDED:]
            self.store.commit([Update(stored.path, {"ambiguous": forms}, expect=stored.version)])
            self._revised.add(stored.id)
        return rejection

    def _is_of_delivery(self, stored: Snapshot) -> bool:
        return bool(self.delivery_id) and stored.data.get("delivery") == self.delivery_id

    def _resolve_superseded(self, new: IdentifiedEvent, stored: Snapshot) -> IngestStatus | None:
        """Return the outcome of a form that was superseded by the stored one, or None for a new form."""
        superseded = stored.data.get("superseded", [])
        matching = (form for form in superseded if self._matches(form, new))
        if (form := next(matching, None)) is not None:
            form_key = f"{stored.id}:{new.fingerprint}"
            if not self.delivery_id or form["delivery"] != self.delivery_id or form_key in self._own:
                return IngestStatus.DUPLICATE
            self._own.add(form_key)
            return IngestStatus.REVISED if form["revision"] else IngestStatus.STORED
        if self.is_history and new.fingerprint in self._all_fingerprints(new.event):
            return IngestStatus.DUPLICATE
        return None

    def _matches(self, form: dict[str, Any], new: IdentifiedEvent) -> bool:
        """Whether a form is the same, and of the present moment or of the one before a retry of this delivery.

        A record that returns to earlier values has the same content at another time of its own.
        """
        if form["fingerprint"] != new.fingerprint or form.get("as_of", new.as_of) != new.as_of:
            return False
        return not form.get("until") or form["until"] == self.delivery_id

    def _all_fingerprints(self, event: Event) -> set[str]:
        """Return the fingerprints of all revisions, read once per request."""
        if event.event_id not in self._fingerprints:
            revisions = self.store.query(paths.revisions(event.client_id, event.event_id))
            self._fingerprints[event.event_id] = {revision.data["fingerprint"] for revision in revisions}
        return self._fingerprints[event.event_id]

    def _superseded_before(self, stored: Snapshot) -> list[dict[str, Any]]:
        """Return the forms of the previous moment, which a retry of this delivery must find as its first attempt."""
        forms = stored.data.get("superseded", []) if self.delivery_id else []
        return [form | {"until": self.delivery_id} for form in forms if not form.get("until")]

    def _list_superseded(self, new: IdentifiedEvent, stored: Snapshot, *, is_stale: bool) -> list[dict[str, Any]]:
        """Return the forms that the total remembers after a revision; a stale one is among them from the start."""
        is_same_moment = new.event.received_at <= stored.data["received_at"] or self._is_of_delivery(stored)
        forms = _add_superseded(stored) if is_same_moment else self._superseded_before(stored)
        if not is_stale:
            return forms
        number = stored.data["revision"] + 1
        stale_form = {"fingerprint": new.fingerprint, "revision": number, "delivery": self.delivery_id}
        stale_form |= {"as_of": new.as_of} if new.facts else {}
        return [*forms, stale_form][-MAX_SUPERSEDED:]

    def _is_repeated_form(self, new: IdentifiedEvent, before: RunningTotal, merged: RunningTotal) -> bool:
        """Whether an earlier form of a record is sent again and says nothing new."""
        says_nothing_new = bool(new.facts) and new.as_of <= before.as_of and merged.facts == before.facts
        return says_nothing_new and new.fingerprint in self._all_fingerprints(new.event)

    def _revise(self, new: IdentifiedEvent, stored: Snapshot) -> ItemResult:
        """Merge the new values into the event, and record the revision with its time and increments."""
        before = total_from_document(stored.data)
        # Two forms received at the same moment get successive times; the clock of this instance may lag.
        known_at = max(new.event.received_at, before.event.received_at + SMALLEST_STEP)
        if new.as_of == new.event.received_at:
            new = new._replace(as_of=known_at)
        merged = _merge(before, new, stored)
        is_stale = merged.as_of > new.as_of
        if self._is_repeated_form(new, before, merged):
            return ItemResult(IngestStatus.DUPLICATE, stored.id)
        if _says_nothing_new(new, stored, before, merged):
            return self._resolve_unchanged(stored, before, merged)
        merged = replace(merged, event=replace(merged.event, received_at=known_at))
        superseded = self._list_superseded(new, stored, is_stale=is_stale)
        delivery = {"delivery": self.delivery_id} if self.delivery_id else {}
        fingerprint = stored.data["fingerprint"] if is_stale else new.fingerprint
        fields = {"fingerprint": fingerprint, **delivery, "superseded": superseded or Transform.DELETE_FIELD}
        try:
            self.store.commit(build_revision_writes(stored, merged, fields))
        except AlreadyExistsError as exc:
            raise ConflictError("another revision has the same time") from exc
        self._remember_revision(merged.event.event_id, stored.data["fingerprint"], new.fingerprint)
        return ItemResult(IngestStatus.REVISED, merged.event.event_id)

    def _resolve_unchanged(self, stored: Snapshot, before: RunningTotal, merged: RunningTotal) -> ItemResult:
        """Return the result of values that the stored total has already, and record a later time of the provider."""
        if (merged.as_of > before.as_of and "as_of" in stored.data) or merged.facts != before.facts:
            self.store.commit([build_time_update(stored, merged)])
            self._revised.add(stored.id)
        return ItemResult(IngestStatus.DUPLICATE, stored.id)

    def _remember_revision(self, event_id: str, old_fingerprint: str, new_fingerprint: str) -> None:
        if event_id in self._own:
            self._own.add(f"{event_id}:{old_fingerprint}")
        self._revised.add(event_id)
        self._own |= {event_id, f"{event_id}:{new_fingerprint}"}
        self._fingerprints.get(event_id, set()).update((new_fingerprint, old_fingerprint))


def _add_superseded(stored: Snapshot) -> list[dict[str, Any]]:
    """Return the forms that were received together with the stored one, which is the last of them."""
    names = ("fingerprint", "revision", "as_of") if "facts" in stored.data else ("fingerprint", "revision")
    form = {name: stored.data[name] for name in names if name in stored.data}
    forms = [*stored.data.get("superseded", []), form | {"delivery": stored.data.get("delivery", "")}]
    return forms[-MAX_SUPERSEDED:]


def _merge(before: RunningTotal, new: IdentifiedEvent, stored: Snapshot) -> RunningTotal:
    """Return the total after a revision; the stored content itself, read anew by a later version, replaces its values.

    A version that reads a payload better corrects what an earlier one read from it.
    """
    if stored.data["fingerprint"] == new.fingerprint and stored.data["revision"] == 0 and not new.facts:
        event = replace(new.event, received_at=before.event.received_at)
        dated = replace(event, occurred_at=before.event.occurred_at) if new.undated else event
        return RunningTotal.from_revision(new._replace(event=dated, as_of=max(new.as_of, before.as_of)))
    return merge_revision(before, new)


def _has_lost_metric(new: IdentifiedEvent, stored: Snapshot) -> bool:
    """Whether a superseded form has a metric that the total lacks, because version 0.1 replaced instead of merging."""
    has_all = all(name in stored.data for name in METRICS if getattr(new.event, name) is not None)
    return new.cumulative and not new.facts and not has_all and not stored.data.get("retracted")


def _is_of_same_file(new: IdentifiedEvent, stored: Snapshot) -> bool:
    """Whether a row without a time of its provider was received with the stored one, as all rows of a file are."""
    is_untimed = new.as_of == new.event.received_at and "as_of" not in stored.data
    return is_untimed and timedelta(0) <= stored.data["received_at"] - new.event.received_at < SAME_FILE


def _says_nothing_new(new: IdentifiedEvent, stored: Snapshot, before: RunningTotal, merged: RunningTotal) -> bool:
    """Whether a revision is the stored content itself, or changes nothing and is not older than the total."""
    if stored.data["fingerprint"] == new.fingerprint:
        return _is_unchanged(before.event, merged.event, None)
    return merged.as_of == new.as_of and _is_unchanged(before.event, merged.event, new.volatile)


def _is_unchanged(before: Event, after: Event, volatile: frozenset[str] | None) -> bool:
    """Whether a revision changes nothing that counts.

    The fields ``volatile`` of the payload change with every fetch; with None the payload is known to be the same,
    though its pseudonyms and those of its author may have another version of the key.
    """
    if volatile is None:
        after = replace(after, creator_hash=before.creator_hash)
    elif _without(before.raw_data, volatile) != _without(after.raw_data, volatile):
        return False
    after = replace(after, raw_data=before.raw_data, correlation_id=before.correlation_id)
    return after == before


def _without(payload: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: field for name, field in payload.items() if name not in names}


def build_unavailable_item(error: BrainError) -> ItemResult:
    """Return the result of an item that could not be stored now and must be sent again."""
    return ItemResult(IngestStatus.UNAVAILABLE, error_code=error.code, message="the store did not answer; send again")
