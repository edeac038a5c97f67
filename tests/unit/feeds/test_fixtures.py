"""Every provider's shape gives the events that a person read out of it by hand."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from unit.feeds.feed_cases import CONTEXT, KEYS, RECEIVED_AT, FeedCase, complete_payload, load_cases

from brain.domain.events import Event, FeedType, Ignored, Rejected
from brain.domain.feeds.registry import SHAPES
from brain.domain.gateway.normalize import IdentifiedEvent, normalize
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(load_cases())
UNCOMPARED_FIELDS = {"event_id", "client_id", "received_at", "raw_data", "schema_version"}


def describe(outcome: IdentifiedEvent | Rejected | Ignored) -> dict[str, Any]:
    """Return an outcome in the format of the fixtures: without unknown fields."""
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.error_code}
    if isinstance(outcome, Ignored):
        return {"ignored": outcome.reason}
    event = outcome.event
    event_fields = {
        field.name: getattr(event, field.name) for field in fields(Event) if field.name not in UNCOMPARED_FIELDS
    }
    event_fields["occurred_at"] = event.occurred_at.astimezone(UTC)
    event_fields["feed_type"] = event.feed_type.value
    return {name: value for name, value in event_fields.items() if value is not None and value is not False}


def resolve(expected: dict[str, Any]) -> dict[str, Any]:
    """Return an expectation with its time parsed and its creator pseudonymized."""
    event = dict(expected)
    if "occurred_at" in event:
        occurred_at = event["occurred_at"]
        event["occurred_at"] = RECEIVED_AT if occurred_at == "RECEIVED" else datetime.fromisoformat(occurred_at)
    if "creator" in event:
        event["creator_hash"] = list_pseudonyms(event.pop("creator"), CONTEXT.client_id, KEYS)[0]
    if "content_person" in event:  # an id that looks like an address is stored as a pseudonym
        event["content_id"] = list_pseudonyms(event.pop("content_person"), CONTEXT.client_id, KEYS)[0]
    return event


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_shape_gives_the_events_read_by_hand(case: FeedCase) -> None:
    """Each payload becomes exactly the events, rejections and ignored pings of its expectation."""
    assert [describe(outcome) for outcome in complete_payload(case.source, case.payload)] == [
        resolve(event) for event in case.events
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payload_is_read_alike_alone_and_in_a_batch(case: FeedCase) -> None:
    """Two copies in one array give the same events twice."""
    once = complete_payload(case.source, case.payload)
    assert complete_payload(case.source, [case.payload, case.payload]) == once + once


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reading_does_not_change_a_payload(case: FeedCase) -> None:
    """So that a dead letter stores what was received."""
    before = repr(case.payload)
    complete_payload(case.source, case.payload)
    assert repr(case.payload) == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_payload_at_the_wrong_url_is_rejected_or_custom(case: FeedCase) -> None:
    """At the URL of another feed a provider's shape is rejected and never read as another provider's."""
    other_feed = "ads_google" if case.source != "ads_google" else "social_tiktok"
    for outcome in normalize(other_feed, case.payload, CONTEXT):
        if isinstance(outcome, Rejected):
            assert outcome.error_code in (
                "source_mismatch",
                "unknown_shape",
                "invalid_field",
                "missing_time",
                "provider_error",
            )
        else:
            assert case.source == "custom"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_shape_of_a_payload_decides_at_auto(case: FeedCase) -> None:
    """The events are those of the feed's own URL; a shape that several networks share is not guessed."""
    shapes = [shape for shape in SHAPES[FeedType(case.source)] if not shape.is_ambiguous]
    payloads = case.payload if isinstance(case.payload, list) else [case.payload]
    if all(any(shape.matches(payload) for shape in shapes) for payload in payloads):
        assert complete_payload("auto", case.payload) == complete_payload(case.source, case.payload)


def test_every_feed_has_a_fixture() -> None:
    """No feed goes untested."""
    assert {case.source for case in CASES} == set(FeedType)


def test_every_shape_has_a_fixture() -> None:
    """No shape goes untested."""
    matched = set()
    for case in CASES:
        payloads = case.payload if isinstance(case.payload, list) else [case.payload]
        for shape in SHAPES[FeedType(case.source)]:
            matched |= {shape for payload in payloads if shape.matches(payload)}
    assert {shape.description for shapes in SHAPES.values() for shape in shapes if shape not in matched} == set()
