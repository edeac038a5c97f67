"""Retires the totals that version 0.1 stored under a key without some of their dimensions."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from brain.domain.events import METRICS
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.revisions import retract
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.domain.privacy.pseudonyms import PSEUDONYM_PATTERN
from brain.errors import ConflictError, StoreUnavailableError
from brain.ports.document_store import DocumentStore, Snapshot, Write
from brain.repositories import paths
from brain.repositories.gateway.revisions import build_revision_writes, total_from_document
from brain.services.gateway.resolve_existing import MAX_ATTEMPTS, SMALLEST_STEP


@dataclass(frozen=True, slots=True)
class RetireFormerTotals:
    """Retracts a total under its former key once the same row is stored under its whole key.

    Version 0.1 knew only some dimensions, so that rows which differ in another one overwrote each other under one key.
    Only the form that is still stored there is retracted, and only when its row has arrived again: no figure is
    missing in between. A row whose former key equals its key costs nothing, any other one read. So does an event that
    version 0.1 identified by fields that have turned out to change.
    """

    store: DocumentStore

    def __call__(self, rows: Sequence[IdentifiedEvent]) -> None:
        """Retract the former totals of rows that are stored.

        Raises:
            StoreUnavailableError: the store did not answer; sending the rows again retracts the rest.
        """
        rows_by_path: defaultdict[str, list[IdentifiedEvent]] = defaultdict(list)
        for row in rows:
            if row.former_id:
                rows_by_path[paths.event(row.event.client_id, row.former_id)].append(row)
        for stored in self.store.get_all(list(rows_by_path)) if rows_by_path else []:
            if stored is not None:
                self._retire(stored, rows_by_path[stored.path])

    def _retire(self, stored: Snapshot, rows: Sequence[IdentifiedEvent]) -> None:
        current: Snapshot | None = stored
        for _ in range(MAX_ATTEMPTS):
            if current is None or _is_retired(current) or not any(_is_same_row(current, row) for row in rows):
                return
            try:
                self.store.commit(_build_retraction(current, rows[0].event.received_at))
            except ConflictError:
                current = self.store.get(stored.path)
            else:
                return
        raise StoreUnavailableError("other requests are revising this event at the same time; send again")


def _is_retired(stored: Snapshot) -> bool:
    return bool(stored.data.get("retracted")) and not any(name in stored.data for name in METRICS)


def _is_same_row(stored: Snapshot, row: IdentifiedEvent) -> bool:
    """Whether the stored payload has the dimensions of the row.

    A dimension that the payload does not have makes another row, such as the total of all of them. A payload that was
    too large to be stored has no names, and a pseudonym stands for a text that is not known here.
    """
    payload = json.loads(stored.data.get("raw_data", "{}"))
    if payload.get("reduced") is True:
        return True
    values = dict(_iterate_names(payload))
    dimensions = (dimension.partition("=") for dimension in row.dimensions)
    return all(_is_equal(values.get(normalize_field_name(name)), value) for name, _, value in dimensions)


def _is_equal(stored_text: str | None, value: str) -> bool:
    return stored_text is not None and (stored_text == value or PSEUDONYM_PATTERN.search(stored_text) is not None)


def _iterate_names(payload: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (normalized path, text) of every value of a payload."""
    for name, value in payload.items():
        path = f"{prefix}{normalize_field_name(name)}"
        if isinstance(value, Mapping):
            yield from _iterate_names(value, path)
        else:
            yield path, value if isinstance(value, str) else json.dumps(value)


def _build_retraction(stored: Snapshot, received_at: datetime) -> list[Write]:
    total = total_from_document(stored.data)
    known_at = max(received_at, total.event.received_at + SMALLEST_STEP)
    retracted = retract(replace(total, event=replace(total.event, received_at=known_at)), known_at)
    return build_revision_writes(stored, retracted, {"fingerprint": stored.data["fingerprint"]})
