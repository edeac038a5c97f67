"""Revisions of running totals: merged field by field, and ordered by the time at which the figures were true."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from brain.domain.events import METRICS, QUALITIES, Event
from brain.domain.gateway.normalize import IdentifiedEvent

MERGED_FIELDS: Final = (
    *METRICS, *QUALITIES, "currency", "content_id", "content_type", "platform", "vertical", "creator_hash",
)  # fmt: skip
MAX_MERGED_NAMES: Final = 1000


@dataclass(frozen=True, slots=True)
class RunningTotal:
    """A running total as it is known.

    Attributes:
        event: the values, each of the newest revision that contains it.
        as_of: when the newest revision was true.
        field_times: when the fields that the newest revision does not contain were true.
    """

    event: Event
    as_of: datetime
    field_times: Mapping[str, datetime] = field(default_factory=dict)

    def time_of(self, name: str) -> datetime | None:
        """Return when a field was true, None for one that no revision contains."""
        is_known = self.event.retracted or getattr(self.event, name) is not None
        return self.field_times.get(name, self.as_of) if is_known else None


def merge_revision(total: RunningTotal, new: IdentifiedEvent) -> RunningTotal:
    """Return a running total after a revision.

    A field that the revision does not contain keeps its value. Of two values of a field the one that was true later
    stays; of two that were true at the same time the one received later. A retraction removes all values that are not
    newer than itself. The payload is merged in the same way, so that both queries of one total are visible in it.
    """
    is_newer = new.as_of >= total.as_of
    newer, older = (new.event, total.event) if is_newer else (total.event, new.event)
    if newer.retracted:
        return retract(total, new.as_of, new.event.raw_data) if is_newer else total
    values: dict[str, Any] = {}
    times: dict[str, datetime] = {}
    for name in MERGED_FIELDS:
        known_at = total.time_of(name)
        if getattr(new.event, name) is not None and (known_at is None or new.as_of >= known_at):
            values[name], times[name] = getattr(new.event, name), new.as_of
        elif known_at is not None:
            values[name], times[name] = getattr(total.event, name), known_at
    as_of = max(new.as_of, total.as_of)
    merged: dict[str, Any] = {name: values.get(name) for name in MERGED_FIELDS}
    event = replace(
        newer,
        event_id=total.event.event_id,
        occurred_at=total.event.occurred_at if new.undated else newer.occurred_at,
        received_at=total.event.received_at,
        raw_data=_merge_payloads(older.raw_data, newer.raw_data),
        **merged,
    )
    field_times = {name: known_at for name, known_at in times.items() if known_at != as_of}
    return RunningTotal(event, as_of, field_times)


def retract(total: RunningTotal, as_of: datetime, payload: Mapping[str, Any] | None = None) -> RunningTotal:
    """Return a running total without its metrics, as of the time at which its record stopped to count."""
    without_metrics: dict[str, Any] = dict.fromkeys(METRICS)
    raw_data = _merge_payloads(total.event.raw_data, payload or {})
    return RunningTotal(replace(total.event, retracted=True, raw_data=raw_data, **without_metrics), as_of)


def _merge_payloads(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return both payloads in one, the newer value of each field; a result with too many names is the newer alone."""
    merged = {**older, **newer}
    for name in older.keys() & newer.keys():
        if isinstance(older[name], Mapping) and isinstance(newer[name], Mapping):
            merged[name] = _merge_payloads(older[name], newer[name])
    return merged if len(merged) <= MAX_MERGED_NAMES else newer
