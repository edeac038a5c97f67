"""From a provider's payload to events that can be stored: read, identified, pseudonymized and validated."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from brain.domain.events import (
    AUTO_SOURCE,
    EARLIEST_AGE,
    LATEST_LEAD,
    SOURCES,
    Draft,
    Event,
    Fact,
    FeedType,
    Notice,
    Rejected,
)
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.json_values import parse_embedded_json
from brain.domain.gateway.event_names import limit_length, normalize_currency, shorten_name
from brain.domain.gateway.identity import identify
from brain.domain.gateway.total_lines import read_item
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import Pseudonymizer
from brain.domain.privacy.scrub_allowance import ScrubAllowance, ScrubLimitError
from brain.domain.privacy.spellings import NO_RULES, SpellingRules
from brain.domain.types import explain_validation_error
from brain.errors import InvalidInputError

MAX_RAW_BYTES: Final = 100 * 1024
MAX_NESTING: Final = 4
_NO_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {}
# What remains of a payload that is too large to be stored.
ESSENTIAL_METRICS: Final = (
    "likes", "comments", "shares", "clicks", "opens", "views", "impressions", "engagements", "followers", "sent",
    "bounces",
)  # fmt: skip
_AIRBYTE_ROW: Final = "_airbyte_data"
_EVENT: Final = TypeAdapter(Event)
_TOO_MUCH_TEXT: Final = Notice(
    "reduced_payload",
    "the texts and people of the request exceed what it may have; of some payloads only the essential metrics were "
    "stored; split the request",
)
_ESSENTIAL_NAMES: Final = {"sends": "sent", "audience_size": "followers"}


class IdentifiedEvent(NamedTuple):
    """An event that is ready to be stored.

    Attributes:
        event: the validated event, without personal data.
        fingerprint: with the same ``event_id``, the same fingerprint is a duplicate; another one is a revision of a
            running total, or else a conflict.
        cumulative: whether the metrics are running totals.
        people: the pseudonyms in the event.
        undated: whether ``occurred_at`` is only when a running total was read, so that a revision keeps the first.
        as_of: when the figures were true: by the provider's own time, else when they were received.
        is_record: whether two forms of it in one request are versions of one record.
        facts: what it says about a record, from which the metrics follow.
        dimensions: the dimensions that version 0.1 did not know, and ``former_id`` the id that it gave the row.
        content_key: what a running total is about; with ``dimensions`` its whole key.
        volatile: the fields of the payload that change with every fetch.
        notices: what the sender should look at.
    """

    event: Event
    fingerprint: str
    cumulative: bool
    people: tuple[str, ...]
    undated: bool
    as_of: datetime
    is_record: bool
    facts: Mapping[str, Fact]
    dimensions: tuple[str, ...]
    former_id: str | None
    volatile: frozenset[str]
    notices: tuple[Notice, ...]
    aliases: Mapping[str, tuple[str, ...]] = _NO_ALIASES
    content_key: tuple[str, ...] = ()


def normalize(
    source: str | FeedType, payload: Any, context: FeedContext, max_items: int | None = None
) -> list[FeedOutcome]:
    """Return a draft, a rejection or a reason to ignore for every item in ``payload`` (parsed JSON).

    Batches, pages and reports are flattened in their order. No payload makes it raise. At ``auto`` and ``custom`` the
    payload's own shape decides which feed reads it. After ``max_items`` outcomes it reads no further object, so that a
    longer list of outcomes is not complete.
    """
    try:
        feed = FeedType.CUSTOM if source == AUTO_SOURCE else FeedType(source)
    except ValueError:
        return [Rejected("unknown_source", f"source must be one of {', '.join(SOURCES)}, got another name")]
    feed_context = context if context.source is feed else replace(context, source=feed)
    outcomes: list[FeedOutcome] = []
    for item in _flatten(payload, MAX_NESTING):
        outcomes += read_item(item, feed, feed_context) if isinstance(item, Mapping) else [_reject_item(feed)]
        if max_items is not None and len(outcomes) > max_items:
            break
    return outcomes


def build_event(
    draft: Draft,
    context: FeedContext,
    keys: IdentityKeys,
    rules: SpellingRules = NO_RULES,
    allowance: ScrubAllowance | None = None,
) -> IdentifiedEvent | Rejected:
    """Return ``draft`` as a valid event with its identity and without personal data, or why it cannot be one.

    The id and the fingerprint are derived from the payload as it was received. Then people become pseudonyms by
    ``rules``, a payload over 100 KB, or one that exceeds the request's ``allowance``, is reduced to its essential
    metrics, and the event is validated, with one message per invalid field.
    """
    if draft.occurred_at is None:
        return Rejected("missing_time", "expected the time of the event with its UTC offset, got none")
    rejection = _check_time(draft.occurred_at, context, is_read_now=draft.cumulative and draft.is_record)
    if rejection:
        return rejection
    try:
        identity = identify(draft, context.client_id, keys)
    except InvalidInputError as error:
        return Rejected("invalid_field", error.message)
    try:
        scrubbed = _scrub(draft, context, keys, rules, allowance, identity.payload_bytes)
        event = _EVENT.validate_python(scrubbed.fields | {"event_id": identity.event_id})
    except ValidationError as error:
        return Rejected("invalid_field", explain_validation_error(error, document="the event", hide_values=True))
    except InvalidInputError as error:
        return Rejected("invalid_field", error.message)
    return IdentifiedEvent(
        event,
        identity.fingerprint,
        draft.cumulative,
        people=scrubbed.people,
        undated=draft.undated,
        as_of=_limit_time(draft.as_of, context),
        is_record=draft.is_record,
        facts={name: Fact(fact.value, _limit_time(fact.as_of, context)) for name, fact in draft.facts.items()},
        dimensions=draft.dimensions,
        former_id=identity.former_id,
        volatile=draft.volatile,
        notices=scrubbed.notices,
        aliases=draft.aliases,
        content_key=draft.content_key,
    )


def _flatten(payload: Any, depth: int) -> Iterator[Any]:
    """Yield the objects of a batch one by one, and what is in their place."""
    if isinstance(payload, list) and depth:
        for inner in payload:
            yield from _flatten(inner, depth - 1)
        return
    recorded = _recorded_payload(payload) if isinstance(payload, Mapping) else None
    if recorded is not None and depth:
        yield from _flatten(recorded, depth - 1)
    else:
        yield payload


def _reject_item(source: FeedType) -> Rejected:
    return Rejected("unknown_shape", f"{source} expects a JSON object or an array of objects, got another value")


def _recorded_payload(payload: Mapping[str, Any]) -> Any:
    """Return what a recorder stored under ``payload``, or the row in a raw table of Airbyte with its time of sync."""
    if "payload" in payload and all(name.startswith("_") for name in payload if name != "payload"):
        return payload["payload"]
    if _AIRBYTE_ROW in payload and all(name.startswith("_airbyte_") for name in payload):
        return _unwrap_airbyte_row(payload)
    return None


def _unwrap_airbyte_row(payload: Mapping[str, Any]) -> Any:
    row = parse_embedded_json(payload[_AIRBYTE_ROW])
    if not isinstance(row, Mapping):
        return None
    return {**row, **{name: value for name, value in payload.items() if name != _AIRBYTE_ROW}}


def _check_time(occurred_at: datetime, context: FeedContext, *, is_read_now: bool) -> Rejected | None:
    """Return why an event cannot have this time.

    The totals of a record are as of today, however old the record is; a report row is as old as the day it is about.
    """
    if occurred_at.tzinfo is None:
        return Rejected("missing_time", "expected a time with its UTC offset, got one without")
    if occurred_at > context.received_at + LATEST_LEAD:
        return Rejected(
            "future_time",
            f"occurred_at must be at most {format_hours(LATEST_LEAD)} after receipt, got a later time; "
            "check the sender's clock",
        )
    if not (context.backfill or is_read_now) and occurred_at < context.received_at - EARLIEST_AGE:
        return Rejected(
            "too_old",
            f"occurred_at must be at most {EARLIEST_AGE.days} days before receipt, got an earlier time; "
            "import history by backfill",
        )
    return None


def format_hours(duration: timedelta) -> str:
    """Return a duration of whole hours as a text, such as ``1 hour``."""
    hours = duration // timedelta(hours=1)
    return f"{hours} hour{'' if hours == 1 else 's'}"


def _limit_time(as_of: datetime | None, context: FeedContext) -> datetime:
    """Return when figures were true: at receipt if the provider gives no time, or one that is still to come.

    A time in the future would otherwise keep out every later revision.
    """
    return context.received_at if as_of is None or as_of > context.received_at + LATEST_LEAD else as_of


class _Scrubbed(NamedTuple):
    """The fields of an event except its id, without personal data; its people; and what its sender should look at."""

    fields: dict[str, Any]
    people: tuple[str, ...]
    notices: tuple[Notice, ...]


def _scrub(
    draft: Draft,
    context: FeedContext,
    keys: IdentityKeys,
    rules: SpellingRules,
    allowance: ScrubAllowance | None,
    payload_bytes: int,
) -> _Scrubbed:
    raw = draft.raw if payload_bytes <= MAX_RAW_BYTES else _reduce_payload(draft, payload_bytes)
    try:
        return _scrub_raw(draft, raw, context, Pseudonymizer(context.client_id, keys, draft.personal, rules, allowance))
    except ScrubLimitError:
        # Without its payload, an event has so little text that it needs no limit.
        pseudonymizer = Pseudonymizer(context.client_id, keys, draft.personal, rules)
        scrubbed = _scrub_raw(draft, _reduce_payload(draft, payload_bytes), context, pseudonymizer)
        return scrubbed._replace(notices=(*draft.notices, _TOO_MUCH_TEXT))


def _scrub_raw(draft: Draft, raw: Mapping[str, Any], context: FeedContext, pseudonymizer: Pseudonymizer) -> _Scrubbed:
    creator_hash = pseudonymizer.pseudonymize(draft.creator) if draft.creator else None
    raw_data = pseudonymizer.scrub_payload(raw)
    fields = _event_fields(draft, context, pseudonymizer) | {"creator_hash": creator_hash, "raw_data": raw_data}
    return _Scrubbed(fields, tuple(sorted(set(pseudonymizer.pseudonyms.values()))), draft.notices)


def _event_fields(draft: Draft, context: FeedContext, pseudonymizer: Pseudonymizer) -> dict[str, Any]:
    """Return the plain fields of the event; texts are pseudonymized as the payload is."""

    def scrub(text: str | None) -> str | None:
        return pseudonymizer.scrub_text(limit_length(text), is_identifier=True) if isinstance(text, str) else text

    return {
        **({} if draft.retracted else draft.metrics),
        **draft.qualities,
        "retracted": draft.retracted,
        "client_id": context.client_id,
        "feed_type": draft.feed_type,
        "occurred_at": draft.occurred_at,
        "received_at": context.received_at,
        "currency": normalize_currency(draft.currency),
        "content_id": shorten_name(scrub(draft.content_id)),
        "content_type": shorten_name(scrub(draft.content_type)),
        "platform": shorten_name(scrub(draft.platform)),
        "vertical": shorten_name(scrub(draft.vertical)) or context.vertical,
        "correlation_id": context.correlation_id,
    }


def _reduce_payload(draft: Draft, payload_bytes: int) -> dict[str, Any]:
    metrics = {_ESSENTIAL_NAMES.get(name, name): metric for name, metric in draft.metrics.items()}
    essential: dict[str, Any] = {name: metrics[name] for name in ESSENTIAL_METRICS if name in metrics}
    return {"reduced": True, "original_bytes": payload_bytes, **essential}
