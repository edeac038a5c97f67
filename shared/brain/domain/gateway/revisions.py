"""Revisions of running totals: merged field by field, and ordered by the time at which the figures were true."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from brain.domain.events import METRICS, QUALITIES, Event, Fact
from brain.domain.feeds.record_facts import derive_state, infer_facts, merge_facts
from brain.domain.gateway.aliases import find_rank
from brain.domain.gateway.normalize import MAX_RAW_BYTES, IdentifiedEvent
from brain.domain.json_text import encode_canonical_json

MERGED_FIELDS: Final = (
    *METRICS, *QUALITIES, "currency", "content_id", "content_type", "platform", "vertical", "creator_hash",
)  # fmt: skip
_CURRENCY: Final = "currency"
MAX_MERGED_NAMES: Final = 1000


@dataclass(frozen=True, slots=True)
class RunningTotal:
    """A running total as it is known.

    Attributes:
        event: the values, each of the newest revision that contains it.
        as_of: when the newest revision was true.
        field_times: when the fields that the newest revision does not contain were true.
        retracted_at: when the record was last retracted; metrics from before that time count no more.
        facts: what is known about a record, from which its metrics follow; empty for other totals.
    """

    event: Event
    as_of: datetime
    field_times: Mapping[str, datetime] = field(default_factory=dict)
    retracted_at: datetime | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @classmethod
    def from_revision(cls, revision: IdentifiedEvent) -> "RunningTotal":
        """Return the running total of a first revision."""
        retracted_at = revision.as_of if revision.event.retracted else None
        return cls(revision.event, revision.as_of, retracted_at=retracted_at, facts=revision.facts)

    def list_fields(self) -> dict[str, tuple[Any, datetime]]:
        """Return each known field with its value and when that was true."""
        values = ((name, getattr(self.event, name)) for name in MERGED_FIELDS)
        return {name: (value, self.field_times.get(name, self.as_of)) for name, value in values if value is not None}


def merge_revision(total: RunningTotal, new: IdentifiedEvent) -> RunningTotal:
    """Return a running total after a revision, the same for every order in which revisions of distinct times arrive.

    A field that the revision does not contain keeps its value. Of two values of a field the one that was true later
    stays; of two that were true at the same time the one received later. A retraction removes the metrics from before
    its time. The payload is merged in the same way, so that both queries of one total are visible in it.

    The metrics of a record follow from its facts, each of which is merged by its own time, so that a deal that was
    deleted and restored has its amount again, in whatever order its changes arrive.
    """
    merged = _merge_totals(total, new)
    return _apply_facts(total, new, merged) if new.facts else merged


def _merge_totals(total: RunningTotal, new: IdentifiedEvent) -> RunningTotal:
    revision = RunningTotal.from_revision(new)
    newer, older = (revision, total) if revision.as_of >= total.as_of else (total, revision)
    fields = _merge_fields(total, revision, _compare_names(total.event, new))
    values: dict[str, Any] = {name: fields[name][0] if name in fields else None for name in MERGED_FIELDS}
    event = replace(
        newer.event,
        event_id=total.event.event_id,
        occurred_at=total.event.occurred_at if new.undated else newer.event.occurred_at,
        received_at=total.event.received_at,
        raw_data=_merge_whole_payloads(older.event.raw_data, newer.event.raw_data),
        **values,
    )
    field_times = {name: known_at for name, (_, known_at) in fields.items() if known_at != newer.as_of}
    retractions = [moment for moment in (total.retracted_at, revision.retracted_at) if moment is not None]
    return RunningTotal(event, newer.as_of, field_times, max(retractions, default=None))


def _merge_fields(
    total: RunningTotal, revision: RunningTotal, is_preferred: Mapping[str, bool]
) -> dict[str, tuple[Any, datetime]]:
    """Return the fields of both with their times, without the metrics that a retraction removes."""
    fields = _drop_metrics(total.list_fields(), revision.retracted_at)
    for name, known in _drop_metrics(revision.list_fields(), total.retracted_at).items():
        if name not in fields or is_preferred.get(name, known[1] >= fields[name][1]):
            fields[name] = known
    if _CURRENCY in is_preferred:
        chosen = (revision if is_preferred[_CURRENCY] else total).list_fields()
        fields.pop(_CURRENCY, None)
        fields |= {_CURRENCY: chosen[_CURRENCY]} if _CURRENCY in chosen else {}
    return fields


def _compare_names(event: Event, new: IdentifiedEvent) -> dict[str, bool]:
    """Return of each metric that both read from different names whether that of the revision is the preferred one.

    Money has the currency of the figure that stays.
    """
    is_preferred: dict[str, bool] = {}
    for metric, names in new.aliases.items():
        if getattr(event, metric) is None or getattr(new.event, metric) is None:
            continue
        known, revised = find_rank(names, event.raw_data), find_rank(names, new.event.raw_data)
        if known is not None and revised is not None and known != revised:
            is_preferred[metric] = revised < known
    money = [is_preferred[metric] for metric in ("spend", "revenue") if metric in is_preferred]
    return is_preferred | ({_CURRENCY: all(money)} if money else {})


def _drop_metrics(
    fields: Mapping[str, tuple[Any, datetime]], retracted_at: datetime | None
) -> dict[str, tuple[Any, datetime]]:
    """Return the fields without the metrics from before a retraction."""
    if retracted_at is None:
        return dict(fields)
    return {name: known for name, known in fields.items() if name not in METRICS or known[1] > retracted_at}


def _apply_facts(total: RunningTotal, new: IdentifiedEvent, merged: RunningTotal) -> RunningTotal:
    """Return a record after another form of it; a metric that no longer counts is 0, because it did count."""
    facts = merge_facts(total.facts or infer_facts(total.event, total.as_of), new.facts)
    state = derive_state(facts, new.event.received_at)
    metrics: dict[str, Any] = dict.fromkeys(METRICS)
    if not state.retracted:
        metrics |= {name: 0 for name in METRICS if getattr(total.event, name) is not None} | dict(state.metrics)
    occurred_at = state.occurred_at or merged.event.occurred_at
    event = replace(merged.event, retracted=state.retracted, occurred_at=occurred_at, **metrics)
    field_times = {name: known_at for name, known_at in merged.field_times.items() if name not in METRICS}
    return RunningTotal(event, merged.as_of, field_times, facts=facts)


def retract(total: RunningTotal, as_of: datetime) -> RunningTotal:
    """Return a running total without its metrics, as of the time at which it stopped to count."""
    without_metrics: dict[str, Any] = dict.fromkeys(METRICS)
    return RunningTotal(replace(total.event, retracted=True, **without_metrics), as_of, retracted_at=as_of)


def _merge_whole_payloads(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return both payloads in one; the newer alone if they are too large together, as the total must fit the store."""
    merged = _merge_payloads(older, newer)
    return newer if merged != newer and len(encode_canonical_json(merged)) > MAX_RAW_BYTES else merged


def _merge_payloads(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return both payloads in one, the newer value of each field; a result with too many names is the newer alone."""
    merged = {**older, **newer}
    for name in older.keys() & newer.keys():
        if isinstance(older[name], Mapping) and isinstance(newer[name], Mapping):
            merged[name] = _merge_payloads(older[name], newer[name])
    return merged if len(merged) <= MAX_MERGED_NAMES else newer
