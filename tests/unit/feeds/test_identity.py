"""The same occurrence always has the same id, and no other has it."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from unit.feeds.feed_cases import CONTEXT, KEYS, FeedCase, complete_payload, load_cases

from brain.domain.events import Draft, Event, FeedType
from brain.domain.gateway.identity import identify
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.privacy.keys import IdentityKeys

CASES = list(load_cases())


def identify_all(source: str, payload: Any, client: str = "acme", keys: IdentityKeys = KEYS) -> list[tuple[str, str]]:
    """Return (id, fingerprint) of every event in a payload."""
    context = replace(CONTEXT, client_id=client)
    drafts = [outcome for outcome in normalize(source, payload, context) if isinstance(outcome, Draft)]
    outcomes = [build_event(draft, context, keys) for draft in drafts]
    return [
        (outcome.event.event_id, outcome.fingerprint) for outcome in outcomes if isinstance(outcome, IdentifiedEvent)
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_is_evt_and_24_hex_digits_and_no_two_events_of_a_payload_share_one(case: FeedCase) -> None:
    """Different events of one payload are different documents."""
    event_ids = [event_id for event_id, _ in identify_all(case.source, case.payload)]
    assert all(event_id.startswith("evt_") and len(event_id) == 28 for event_id in event_ids)
    assert len(set(event_ids)) == len(event_ids)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ids_of_two_clients_are_never_the_same(case: FeedCase) -> None:
    """Ids cannot be linked across clients."""
    assert set(identify_all(case.source, case.payload)).isdisjoint(
        identify_all(case.source, case.payload, client="other")
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ids_survive_a_rotation_of_the_key(case: FeedCase) -> None:
    """A resend after a rotation is still a duplicate."""
    rotated = IdentityKeys(2, b"a newer salt", previous=((1, KEYS.salt),))
    assert identify_all(case.source, case.payload, keys=rotated) == identify_all(case.source, case.payload)


@pytest.mark.parametrize("received_later_by", [1, 86_400])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_payload_later_is_a_duplicate(case: FeedCase, received_later_by: int) -> None:
    """The time of receipt is not part of the identity."""
    later = replace(
        CONTEXT, received_at=CONTEXT.received_at.replace(second=received_later_by % 60), correlation_id="again"
    )
    originals = [
        outcome for outcome in complete_payload(case.source, case.payload) if isinstance(outcome, IdentifiedEvent)
    ]
    resent = [
        outcome
        for outcome in complete_payload(case.source, case.payload, later)
        if isinstance(outcome, IdentifiedEvent)
    ]
    assert [(original.event.event_id, original.fingerprint) for original in originals] == [
        (duplicate.event.event_id, duplicate.fingerprint) for duplicate in resent
    ]


ROWS: dict[str, dict[str, Any]] = {
    "social_twitter": {"id": "1", "created_at": "2026-11-20T10:00:00Z", "public_metrics": {"like_count": 3}},
    "social_youtube": {
        "kind": "youtube#video",
        "id": "v",
        "snippet": {"publishedAt": "2026-11-20T10:00:00Z"},
        "statistics": {"viewCount": "3"},
    },
    "ads_meta": {"ad_id": "1", "date_start": "2026-11-20", "date_stop": "2026-11-20", "impressions": "3"},
    "ads_google": {"customer_id": "1", "id": "2", "date": "2026-11-20", "device": "MOBILE", "cost_micros": "3"},
    "social_linkedin": {"totalShareStatistics": {"likeCount": 3}, "share": "urn:li:share:1"},
    "social_tiktok": {"id": "1", "create_time": 1795262400, "view_count": 3},
    "social_instagram": {"id": "1", "media_type": "IMAGE", "timestamp": "2026-11-20T10:00:00+0000", "like_count": 3},
    "email": {"id": "1", "send_time": "2026-11-20T10:00:00Z", "emails_sent": 3, "opens": {"opens_total": 3}},
}


def _correct(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with every 3 corrected to 2."""
    text = {"3": "2", 3: 2}
    return {
        name: _correct(value)
        if isinstance(value, dict)
        else text.get(value, value)
        if isinstance(value, str | int)
        else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("source", ROWS)
def test_a_running_total_with_new_figures_is_a_revision(source: str) -> None:
    """Even one that went down by a correction keeps its id, with another fingerprint."""
    ((first, before),) = identify_all(source, ROWS[source])
    ((second, after),) = identify_all(source, _correct(ROWS[source]))
    assert first == second
    assert before != after


VOLATILE = {
    "social_youtube": {"etag": "new"},
    "ads_meta": {"_fivetran_synced": "2026-11-21T00:00:00Z"},
    "ads_google": {"_fivetran_synced": "2026-11-21 00:00:00"},
    "social_tiktok": {"cover_image_url": "https://cdn.example/2"},
    "social_instagram": {"media_url": "https://cdn.example/2"},
    "email": {"_links": []},
}


@pytest.mark.parametrize("source", VOLATILE)
def test_volatile_fields_make_no_revision(source: str) -> None:
    """Sync times, etags and signed URLs change with every fetch; the event is still a duplicate."""
    assert identify_all(source, ROWS[source]) == identify_all(source, ROWS[source] | VOLATILE[source])


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "2026-11-19"), ("device", "DESKTOP"), ("id", "3"), ("customer_id", "2"), ("ad_network_type", "SEARCH")],
)
def test_rows_of_other_days_and_breakdowns_are_other_events(field: str, value: str) -> None:
    """A row is identified by all its dimensions."""
    assert (
        identify_all("ads_google", ROWS["ads_google"])[0][0]
        != identify_all("ads_google", ROWS["ads_google"] | {field: value})[0][0]
    )


def test_hubspots_test_events_share_an_id_but_are_different_events() -> None:
    """HubSpot's event id alone does not identify an event; a resend with a higher attempt is a duplicate."""
    event = {
        "eventId": 100,
        "subscriptionId": 1,
        "portalId": 3,
        "occurredAt": 1795262400000,
        "subscriptionType": "deal.creation",
        "objectId": 1,
        "attemptNumber": 0,
    }
    other = event | {"objectId": 2}
    resent = event | {"attemptNumber": 4}
    first, second, third = (identify_all("crm_hubspot", payload)[0] for payload in (event, other, resent))
    assert first[0] != second[0]
    assert first == third


def test_the_same_id_with_other_content_shows_in_the_fingerprint() -> None:
    """A provider's id that is reused for another event is a conflict, not a duplicate."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "email": "ada@example.org"}
    ((first, before),) = identify_all("email", event)
    ((second, after),) = identify_all("email", event | {"event": "click"})
    assert (first == second, before == after) == (True, False)


def test_the_feed_is_part_of_the_id() -> None:
    """One payload sent to two feeds gives two events."""
    event = {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1}
    assert identify_all("social_linkedin", event) != identify_all("social_twitter", event)


def test_two_large_payloads_that_differ_at_their_end_are_two_events() -> None:
    """The id is taken before a payload is reduced."""
    event = {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1, "raw_data": {"text": "x" * 200_000}}
    other = copy.deepcopy(event)
    other["raw_data"] = {"text": "x" * 199_999 + "y"}
    assert identify_all("custom", event)[0][0] != identify_all("custom", other)[0][0]


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5),
)
def test_payloads_share_an_id_only_when_they_are_equal(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Without an id of the provider the whole content identifies the event."""
    first, second = (
        identify(Draft(feed_type=FeedType.CUSTOM, occurred_at=None, raw=raw), "acme", KEYS) for raw in (left, right)
    )
    assert (first.event_id == second.event_id) == (left == right)


@pytest.mark.parametrize("changed", [{"event_id": "__x__"}, {"client_id": "__x__"}])
def test_ids_that_the_store_reserves_are_refused(changed: dict[str, str]) -> None:
    """An event of such a name could not be stored."""
    fields = {
        "event_id": "e1",
        "client_id": "acme",
        "feed_type": "custom",
        "occurred_at": "2026-11-22T06:00:00Z",
        "received_at": "2026-11-22T07:00:00Z",
    }
    validator = TypeAdapter(Event)
    assert validator.validate_python(fields).event_id == "e1"
    with pytest.raises(ValidationError, match="must not start and end with two underscores"):
        validator.validate_python(fields | changed)
