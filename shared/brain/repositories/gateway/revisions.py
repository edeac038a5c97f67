"""Revisions of stored running totals as documents: the event as it is now, and each form with the time it was known."""

from typing import Any

from brain.domain.events import Event
from brain.domain.gateway.revisions import RunningTotal
from brain.ports.document_store import Create, Document, Snapshot, Transform, Update, Write
from brain.repositories import codec, paths


def total_from_document(document: Document) -> RunningTotal:
    """Return the running total of an event's document; one without a provider's time was true when it was received."""
    event = codec.event_from_document(document)
    as_of = document.get("as_of", event.received_at)
    retracted_at = document.get("retracted_at", as_of if event.retracted else None)
    facts = codec.facts_from_document(document)
    return RunningTotal(event, as_of, document.get("field_times", {}), retracted_at, facts)


def build_revision_writes(stored: Snapshot, total: RunningTotal, fields: Document) -> list[Write]:
    """Return the writes of a revision: the event with its new values, and records of the new form and of the first.

    Args:
        stored: The event as it was read; the writes fail if it has changed since.
        total: The running total after the revision; its event was known at ``received_at``.
        fields: Further fields of both documents, such as the fingerprint.
    """
    before = codec.event_from_document(stored.data)
    number = stored.data["revision"] + 1
    current: Document = {**codec.event_to_document(total.event), **fields, "revision": number, **_time_fields(total)}
    names = (*codec.PLAIN_EVENT_FIELDS, "as_of", "field_times", "retracted_at", "facts")
    cleared = {name: Transform.DELETE_FIELD for name in names if name in stored.data}
    revision = {**current, "increments": codec.compute_increments(before, total.event)}
    writes: list[Write] = [
        Update(stored.path, {**cleared, **current, "unscored": True}, expect=stored.version),
        _create_revision(total.event, {name: revision[name] for name in revision if name != "superseded"}),
    ]
    return [*writes, _create_first_revision(before, stored)] if number == 1 else writes


def build_time_update(stored: Snapshot, total: RunningTotal) -> Update:
    """Return the write that records that unchanged values were still true at a later time."""
    cleared = {"field_times": Transform.DELETE_FIELD} if "field_times" in stored.data else {}
    return Update(stored.path, {**cleared, **_time_fields(total), "as_of": total.as_of}, expect=stored.version)


def _time_fields(total: RunningTotal) -> dict[str, Any]:
    """Return the times and facts of a total; the field ``as_of`` is left out where it is the time of receipt."""
    as_of = None if total.as_of == total.event.received_at else total.as_of
    fields = {"as_of": as_of, "field_times": dict(total.field_times) or None, "retracted_at": total.retracted_at}
    return {name: field for name, field in fields.items() if field is not None} | codec.facts_to_document(total.facts)


def _create_first_revision(event: Event, stored: Snapshot) -> Create:
    """Return the record of an event as it was before its first revision."""
    names = ("fingerprint", "delivery", "as_of", "retracted_at", "facts")
    kept = {name: stored.data[name] for name in names if name in stored.data}
    return _create_revision(event, {**codec.event_to_document(event), **kept, "revision": 0, "increments": {}})


def _create_revision(event: Event, document: Document) -> Create:
    return Create(paths.revision(event.client_id, event.event_id, event.received_at), document)
