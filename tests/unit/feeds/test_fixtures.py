"""Every provider's shape gives the events that a person reads out of it by hand."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from unit.feeds.feed_cases import CONTEXT, KEYS, RECEIVED, Case, cases, take

from brain.domain.events import Event, FeedType, Ignored, Rejected
from brain.domain.feeds.registry import SHAPES
from brain.domain.gateway.normalize import Completed, normalize
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(cases())
OWN = {"event_id", "client_id", "received_at", "raw_data", "schema_version"}


def shown(outcome: Completed | Rejected | Ignored) -> dict[str, Any]:
    """Return an outcome as the fixtures write it: only what is known, times in ISO 8601."""
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.error_code}
    if isinstance(outcome, Ignored):
        return {"ignored": outcome.reason}
    event = outcome.event
    known = {field.name: getattr(event, field.name) for field in fields(Event) if field.name not in OWN}
    known["occurred_at"] = event.occurred_at.astimezone(UTC)
    known["feed_type"] = event.feed_type.value
    return {name: value for name, value in known.items() if value is not None}


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    """Return an expectation with its time read and its creator hashed."""
    event = dict(expected)
    if "occurred_at" in event:
        written = event["occurred_at"]
        event["occurred_at"] = RECEIVED if written == "RECEIVED" else datetime.fromisoformat(written)
    if "creator" in event:
        event["creator_hash"] = list_pseudonyms(event.pop("creator"), CONTEXT.client_id, KEYS)[0]
    if "content_person" in event:  # an id that looks like an address is kept as a pseudonym
        event["content_id"] = list_pseudonyms(event.pop("content_person"), CONTEXT.client_id, KEYS)[0]
    return event


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_shape_gives_the_events_read_by_hand(case: Case) -> None:
    """Each fixture's payload becomes exactly the events, rejections and ignored pings written beside it."""
    assert [shown(outcome) for outcome in take(case.source, case.payload)] == [wanted(event) for event in case.events]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payload_is_the_same_whether_it_comes_alone_or_in_a_batch(case: Case) -> None:
    """Two copies in one array are the events twice, with the same ids."""
    once = take(case.source, case.payload)
    assert take(case.source, [case.payload, case.payload]) == once + once


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payload_is_not_changed_by_reading_it(case: Case) -> None:
    """The caller's payload stays as it was, so that a dead letter can hold what really came."""
    before = repr(case.payload)
    take(case.source, case.payload)
    assert repr(case.payload) == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payload_at_the_wrong_address_is_refused_or_custom(case: Case) -> None:
    """Sent to another feed, a provider's own shape is named and refused; nothing is misread as another provider's."""
    elsewhere = "ads_google" if case.source != "ads_google" else "social_tiktok"
    for outcome in normalize(elsewhere, case.payload, CONTEXT):
        if isinstance(outcome, Rejected):
            assert outcome.error_code in ("source_mismatch", "unknown_shape", "invalid_field", "missing_time")
        else:
            assert case.source == "custom"


def test_every_feed_has_a_fixture() -> None:
    """No feed goes untested."""
    assert {case.source for case in CASES} == set(FeedType)


def test_every_shape_is_met_by_a_fixture() -> None:
    """A shape that no fixture has would be a promise that nobody keeps."""
    met = set()
    for case in CASES:
        items = case.payload if isinstance(case.payload, list) else [case.payload]
        for shape in SHAPES[FeedType(case.source)]:
            met |= {shape for item in items if shape.matches(item)}
    assert {shape.expects for shapes in SHAPES.values() for shape in shapes if shape not in met} == set()
