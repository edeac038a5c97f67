"""The results of a request's items: what was read, refused, written or stored before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from brain.domain.gateway.ambiguous_rows import find_ambiguous_rows
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.report_levels import read_report_row
from brain.domain.gateway.report_totals import TOTAL_ROW, RequestTotals, find_totals
from brain.domain.gateway.requests import EVENTS_PER_COMMIT
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.errors import BrainError, InvalidInputError
from brain.ports.document_store import Create, WriteResult, WriteStatus
from brain.repositories import codec, paths
from brain.services.gateway.resolve_existing import build_unavailable_item

T = TypeVar("T")
ReadItem: TypeAlias = IdentifiedEvent | ItemResult
"""An event to store, or the result of an item that makes none."""


def reject_ambiguous(read_items: Sequence[ReadItem]) -> list[ReadItem]:
    """Return the items of a request, with a dead letter in place of each row whose key does not tell it from others."""
    rejections = find_ambiguous_rows(item for item in read_items if isinstance(item, IdentifiedEvent))
    if not rejections:
        return list(read_items)
    results = {
        event_id: ItemResult(IngestStatus.DEAD_LETTERED, None, rejection.error_code, rejection.message)
        for event_id, rejection in rejections.items()
    }
    return [
        results.get(item.event.event_id, item) if isinstance(item, IdentifiedEvent) else item for item in read_items
    ]


def ignore_totals(read_items: Sequence[ReadItem]) -> tuple[list[ReadItem], RequestTotals]:
    """Return the items of a request, with a result in place of each row that is the total of others, and those."""
    rows = (read_report_row(item) for item in read_items if isinstance(item, IdentifiedEvent))
    totals = find_totals([row for row in rows if row])
    if not totals.totals:
        return list(read_items), totals
    results = {
        event_id: ItemResult(IngestStatus.IGNORED, None, TOTAL_ROW, message)
        for event_id, message in totals.totals.items()
    }
    items = [
        results.get(item.event.event_id, item) if isinstance(item, IdentifiedEvent) else item for item in read_items
    ]
    return items, totals


def iterate_parts(elements: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield a sequence in parts of the size of a commit."""
    for first_index in range(0, len(elements), EVENTS_PER_COMMIT):
        yield elements[first_index : first_index + EVENTS_PER_COMMIT]


def build_resend_item(read_item: ReadItem, letter_id: str) -> ItemResult:
    """Return the result of an item whose request was stored before; what failed then is in the dead letter."""
    if isinstance(read_item, IdentifiedEvent):
        return ItemResult(IngestStatus.DUPLICATE, read_item.event.event_id)
    is_dead_letter = read_item.outcome is IngestStatus.DEAD_LETTERED
    return replace(read_item, dead_letter_id=letter_id) if is_dead_letter else read_item


def build_unreadable_item(error: InvalidInputError) -> ItemResult:
    """Return the result of an item or a body that cannot be parsed."""
    return ItemResult(IngestStatus.DEAD_LETTERED, error_code="unreadable_body", message=error.message)


def build_create(identified: IdentifiedEvent, delivery_id: str) -> Create:
    """Return the write that stores a new event."""
    event = identified.event
    document = codec.new_event_to_document(
        event, identified.fingerprint, cumulative=identified.cumulative, as_of=identified.as_of, facts=identified.facts
    )
    delivery = {"delivery": delivery_id} if delivery_id else {}
    return Create(paths.event(event.client_id, event.event_id), document | delivery)


def resolve_occurrence(write_result: WriteResult, is_first: bool) -> WriteResult:
    """Return the write result of one occurrence of an event in a request; a later one meets what the first wrote."""
    is_repeated = not is_first and write_result.status is WriteStatus.WRITTEN
    return WriteResult(WriteStatus.EXISTS) if is_repeated else write_result


def build_written_item(identified: IdentifiedEvent, write_result: WriteResult) -> ItemResult:
    """Return the result of an event that did not exist before."""
    event_id = identified.event.event_id
    if write_result.status is WriteStatus.WRITTEN:
        return ItemResult(IngestStatus.STORED, event_id)
    if write_result.status is WriteStatus.REFUSED:
        message = "the store refused this event; it is stored as a dead letter for the operator"
        return ItemResult(IngestStatus.DEAD_LETTERED, event_id, "store_refused", message)
    return build_unavailable_item(write_result.error or BrainError("the store did not answer"))


def update_failed(results: Sequence[ItemResult], **changes: Any) -> list[ItemResult]:
    """Return the results of a request with changes to those that failed."""
    return [
        replace(result, **changes) if result.outcome is IngestStatus.DEAD_LETTERED else result for result in results
    ]
