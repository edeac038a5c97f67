"""The same occurrence has the same id for ever, and nothing else has it."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.feeds.feed_cases import CONTEXT, KEYS, FeedCase, complete_payload, load_cases

from brain.domain.events import Draft, FeedType
from brain.domain.gateway.identity import identify
from brain.domain.gateway.normalize import Completed, complete, normalize
from brain.domain.privacy.keys import IdentityKeys

CASES = list(load_cases())


def identities(source: str, payload: Any, client: str = "acme", keys: IdentityKeys = KEYS) -> list[tuple[str, str]]:
    """Return (id, fingerprint) of every event in a payload."""
    context = replace(CONTEXT, client_id=client)
    done = [complete(one, context, keys) for one in normalize(source, payload, context) if isinstance(one, Draft)]
    return [(one.event.event_id, one.fingerprint) for one in done if isinstance(one, Completed)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_is_evt_and_24_hex_digits_and_no_two_events_of_a_payload_share_one(case: FeedCase) -> None:
    """Different events of one payload are different documents."""
    found = [event_id for event_id, _ in identities(case.source, case.payload)]
    assert all(event_id.startswith("evt_") and len(event_id) == 28 for event_id in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ids_of_two_clients_are_never_the_same(case: FeedCase) -> None:
    """An id tells nothing across clients."""
    assert set(identities(case.source, case.payload)).isdisjoint(identities(case.source, case.payload, client="other"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ids_outlive_the_rotation_of_the_key_of_pseudonyms(case: FeedCase) -> None:
    """A resend after a rotation is still a duplicate."""
    rotated = IdentityKeys(2, b"a newer salt", previous=((1, KEYS.salt),))
    assert identities(case.source, case.payload, keys=rotated) == identities(case.source, case.payload)


@pytest.mark.parametrize("received_later_by", [1, 86_400])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_payload_later_is_a_duplicate(case: FeedCase, received_later_by: int) -> None:
    """When a payload came is no part of what it says."""
    later = replace(
        CONTEXT, received_at=CONTEXT.received_at.replace(second=received_later_by % 60), correlation_id="again"
    )
    first = [outcome for outcome in complete_payload(case.source, case.payload) if isinstance(outcome, Completed)]
    again = [
        outcome for outcome in complete_payload(case.source, case.payload, later) if isinstance(outcome, Completed)
    ]
    assert [(one.event.event_id, one.fingerprint) for one in first] == [
        (one.event.event_id, one.fingerprint) for one in again
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


def _changed(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with every 3 corrected to 2."""
    text = {"3": "2", 3: 2}
    return {
        name: _changed(value)
        if isinstance(value, dict)
        else text.get(value, value)
        if isinstance(value, str | int)
        else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("source", ROWS)
def test_a_running_total_with_new_figures_is_a_revision(source: str) -> None:
    """Even one that went down by a correction keeps its id, with another fingerprint."""
    ((first, before),) = identities(source, ROWS[source])
    ((second, after),) = identities(source, _changed(ROWS[source]))
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
def test_what_changes_with_every_fetch_is_no_revision(source: str) -> None:
    """Sync times, etags and signed addresses leave a duplicate a duplicate."""
    assert identities(source, ROWS[source]) == identities(source, ROWS[source] | VOLATILE[source])


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "2026-11-19"), ("device", "DESKTOP"), ("id", "3"), ("customer_id", "2"), ("ad_network_type", "SEARCH")],
)
def test_rows_of_other_days_and_breakdowns_are_other_events(field: str, value: str) -> None:
    """A row is known by everything it is broken down by."""
    assert (
        identities("ads_google", ROWS["ads_google"])[0][0]
        != identities("ads_google", ROWS["ads_google"] | {field: value})[0][0]
    )


def test_hubspots_test_events_share_an_id_and_stay_apart() -> None:
    """HubSpot's own event id is not enough, a resend with a higher attempt is."""
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
    first, second, third = (identities("crm_hubspot", one)[0] for one in (event, other, resent))
    assert first[0] != second[0]
    assert first == third


def test_the_same_id_with_other_content_shows_in_the_fingerprint() -> None:
    """A provider's id that comes again for something else is never a silent duplicate."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "email": "ada@example.org"}
    ((first, before),) = identities("email", event)
    ((second, after),) = identities("email", event | {"event": "click"})
    assert (first == second, before == after) == (True, False)


def test_the_feed_is_part_of_the_id() -> None:
    """One payload by way of two feeds is two events."""
    event = {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1}
    assert identities("social_linkedin", event) != identities("social_twitter", event)


def test_two_large_payloads_that_differ_at_their_end_are_two_events() -> None:
    """The id is taken before a payload is reduced."""
    event = {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1, "raw_data": {"text": "x" * 200_000}}
    other = copy.deepcopy(event)
    other["raw_data"] = {"text": "x" * 199_999 + "y"}
    assert identities("custom", event)[0][0] != identities("custom", other)[0][0]


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5),
)
def test_payloads_share_an_id_only_when_they_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Without an id of the provider the whole content is the identity."""
    first, second = (
        identify(Draft(feed_type=FeedType.CUSTOM, occurred_at=None, raw=raw), "acme", KEYS) for raw in (one, other)
    )
    assert (first.event_id == second.event_id) == (one == other)
