"""From payload to event: what is read, rejected and reduced."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.feeds.feed_cases import (
    CONTEXT,
    KEYS,
    RECEIVED_AT,
    FeedCase,
    complete_event,
    complete_payload,
    load_cases,
    reject_one,
    replace_at,
)

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.field_maps import FieldMap, TimeMapping
from brain.domain.feeds.registry import SHAPES
from brain.domain.gateway.normalize import MAX_RAW_BYTES, IdentifiedEvent, build_event, normalize
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(load_cases())
AT = "2026-11-20T10:00:00Z"


def test_an_unknown_source_is_refused_by_name() -> None:
    """The sender learns which feeds exist; its own text is not repeated."""
    (outcome,) = normalize("radio", {}, CONTEXT)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "unknown_source"
    assert "social_tiktok" in outcome.message


@pytest.mark.parametrize("payload", [None, 5, "text", True, [1], [[[[[[{}]]]]]]], ids=repr)
def test_a_payload_that_is_not_an_object_has_no_shape(payload: Any) -> None:
    """Numbers, texts and deeply nested arrays are rejected."""
    assert reject_one("custom", payload).error_code == "unknown_shape"


def test_an_empty_batch_has_no_outcomes() -> None:
    """It is neither an event nor a rejection."""
    assert complete_payload("email", []) == []


def test_a_source_mismatch_names_both_feeds() -> None:
    """SendGrid's events at LinkedIn's URL are rejected with the right feed."""
    rejection = reject_one("social_linkedin", {"event": "open", "timestamp": 1795262400, "sg_event_id": "a"})
    assert rejection.error_code == "source_mismatch"
    assert "email" in rejection.message
    assert "social_linkedin" in rejection.message


def test_an_unknown_shape_names_what_was_expected() -> None:
    """A dead letter shows the operator which shapes the feed has."""
    rejection = reject_one("crm_salesforce", {"a": 1})
    assert rejection.error_code == "unknown_shape"
    assert "ChangeEventHeader" in rejection.message


@pytest.mark.parametrize("source", ["custom", "auto"])
def test_an_unknown_shape_lists_the_shapes_of_its_own_feed_only(source: str) -> None:
    """A list of the shapes of all feeds fills several screens."""
    message = reject_one(source, {"a": 1}).message
    assert "a canonical event" in message
    assert "sent to the URL of that feed" in message
    assert "SendGrid" not in message


def test_a_recorded_payload_is_unwrapped() -> None:
    """A recording with payloads in ``payload`` and its own names with underscores is read as the payloads."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a"}
    assert complete_payload("email", [{"_test": "x", "payload": [event]}]) == complete_payload("email", [event])


def test_a_canonical_event_is_accepted_at_every_url() -> None:
    """It belongs to the feed that it names, else to the feed of the URL."""
    assert complete_event("email", {"occurred_at": AT, "opens": 1}).feed_type is FeedType.EMAIL
    assert complete_event("custom", {"occurred_at": AT, "opens": 1, "feed_type": "email"}).feed_type is FeedType.EMAIL
    assert (
        complete_event(
            "social_tiktok", {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "time": AT}
        ).feed_type
        is FeedType.CUSTOM
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client_id": "other"}, "client_id"),
        ({"schema_version": 9}, "schema_version"),
        ({"jane@example.org": 1}, "a field"),
    ],
)
def test_a_fault_in_a_canonical_event_is_named(change: dict[str, Any], field: str) -> None:
    """Another client, another version and an unknown field are named, but never a person in a field name."""
    rejection = reject_one("custom", {"occurred_at": AT, "likes": 1} | change)
    assert rejection.message.startswith(field)


def test_a_canonical_total_is_identified_by_its_content() -> None:
    """Cumulative figures of one content are revisions of one event."""
    first, second = (
        complete_payload("custom", {"occurred_at": AT, "likes": likes, "content_id": "p", "cumulative": True})[0]
        for likes in (1, 2)
    )
    assert isinstance(first, IdentifiedEvent)
    assert isinstance(second, IdentifiedEvent)
    assert first.cumulative
    assert (first.event.event_id == second.event.event_id, first.fingerprint == second.fingerprint) == (True, False)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("likes", -1),
        ("likes", 10**12 + 1),
        ("likes", "3"),
        ("likes", True),
        ("likes", 2.5),
        ("conversions", -0.5),
        ("spend", 10**13),
        ("currency", "euro"),
        ("bot_ratio", 1.01),
        ("bot_ratio", -100),
        ("velocity", -1),
        ("platform", ""),
    ],
)
def test_a_metric_out_of_range_is_named_and_rejected(metric: str, value: Any) -> None:
    """Counts are 0 to 10^12, ratios 0 to 1."""
    rejection = reject_one("custom", {"occurred_at": AT, "likes": 1} | {metric: value})
    assert rejection.error_code == "invalid_field"
    assert rejection.message.startswith(metric)


def test_a_refund_may_make_revenue_negative() -> None:
    """Revenue is the only metric that may be negative."""
    assert complete_event("custom", {"occurred_at": AT, "revenue": -5.5}).revenue == -5.5


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (timedelta(hours=1), None),
        (timedelta(hours=1, seconds=1), "future_time"),
        (-timedelta(days=365), None),
        (-timedelta(days=365, seconds=1), "too_old"),
    ],
)
def test_the_window_is_an_hour_ahead_and_a_year_back(offset: timedelta, code: str | None) -> None:
    """Both ends belong to the window."""
    (outcome,) = complete_payload("custom", {"occurred_at": (RECEIVED_AT + offset).isoformat(), "likes": 1})
    assert (outcome.error_code if isinstance(outcome, Rejected) else None) == code


def test_backfill_lifts_the_floor_and_not_the_ceiling() -> None:
    """History may be of any age; the future is still rejected."""
    backfill = replace(CONTEXT, backfill=True)
    assert complete_event("custom", {"occurred_at": "2014-01-01T00:00:00Z", "likes": 1}, backfill).likes == 1
    assert (
        reject_one("custom", {"occurred_at": "2027-01-01T00:00:00Z", "likes": 1}, backfill).error_code == "future_time"
    )


def test_a_webhook_without_a_time_has_the_signed_time_and_never_the_receipt() -> None:
    """The time in a verified signature is the sender's; the receipt is not."""
    event = {"event": "open", "email": "ada@example.org", "sg_event_id": "a", "timestamp": ""}
    assert reject_one("email", event).error_code == "missing_time"
    signed = replace(CONTEXT, signed_at=RECEIVED_AT - timedelta(minutes=1))
    assert complete_event("email", event, signed).occurred_at == signed.signed_at


@pytest.mark.parametrize("occurred_at", [None, RECEIVED_AT.replace(tzinfo=None)])
def test_a_draft_without_an_aware_time_never_completes(occurred_at: Any) -> None:
    """A missing or naive time is rejected, whichever feed it is from."""
    outcome = build_event(Draft(feed_type=FeedType.CUSTOM, occurred_at=occurred_at, raw={}), CONTEXT, KEYS)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "missing_time"


def test_a_payload_that_json_cannot_hold_is_refused() -> None:
    """A caller in the same process cannot slip an object past the identity."""
    outcome = build_event(Draft(feed_type=FeedType.CUSTOM, occurred_at=RECEIVED_AT, raw={"a": {1}}), CONTEXT, KEYS)
    assert isinstance(outcome, Rejected)


def test_a_payload_over_100_kb_keeps_its_essential_metrics_and_says_so() -> None:
    """Likes and the like stay, the rest goes, the mark and the original size remain."""
    event = complete_event(
        "custom",
        {
            "occurred_at": AT,
            "likes": 7,
            "audience_size": 9,
            "sends": 2,
            "spend": 1.5,
            "raw_data": {"t": "x" * MAX_RAW_BYTES},
        },
    )
    assert event.raw_data.pop("original_bytes") > MAX_RAW_BYTES
    assert event.raw_data == {"reduced": True, "likes": 7, "followers": 9, "sent": 2}
    assert event.spend == 1.5


def test_the_context_completes_the_event() -> None:
    """Vertical, correlation and receipt come from the context, unless the payload has them."""
    context = replace(CONTEXT, vertical="agency", correlation_id="c-1")
    event = complete_event("custom", {"occurred_at": AT, "likes": 1}, context)
    assert (event.vertical, event.correlation_id, event.received_at, event.client_id) == (
        "agency",
        "c-1",
        RECEIVED_AT,
        "acme",
    )
    assert complete_event("custom", {"occurred_at": AT, "likes": 1, "vertical": "d2c"}, context).vertical == "d2c"


def test_a_missing_metric_is_unknown_and_a_reported_zero_is_zero() -> None:
    """TRAP: None and 0 are different."""
    event = complete_event("social_twitter", {"id": "1", "created_at": AT, "public_metrics": {"like_count": 0}})
    assert (event.likes, event.comments, event.impressions) == (0, None, None)


def test_a_bigquery_response_is_read_by_the_field_map_of_the_request() -> None:
    """Rows of f and v have the names of their schema, and the map says what they mean."""
    field_map = FieldMap(description="d", time=TimeMapping(column="day"), key=("day",), metrics={"likes": ("hearts",)})
    payload = {
        "schema": {"fields": [{"name": "day", "type": "DATE"}, {"name": "hearts", "type": "INTEGER"}]},
        "rows": [{"f": [{"v": "2026-11-20"}, {"v": "4"}]}],
    }
    assert complete_event("warehouse", payload, replace(CONTEXT, field_map=field_map)).likes == 4


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    2.5,
    "",
    "x",
    "9" * 50,
    [],
    [1],
    [{}],
    {"a": 1},
    {"id": []},
    {"type": {}},
)


def list_paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every node of a payload."""
    yield path
    for step, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from list_paths(inner, (*path, step))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_payload_raises_whatever_its_fields_contain(case: FeedCase) -> None:
    """Junk anywhere in any provider's shape gives an event, a rejection or a reason to ignore it."""
    for path in list_paths(case.payload):
        for junk in JUNK:
            for outcome in complete_payload(case.source, replace_at(case.payload, path, junk)):
                assert isinstance(outcome, IdentifiedEvent | Rejected | Ignored)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES, st.sampled_from(list(FeedType)))
def test_no_junk_raises_in_any_feed(payload: Any, source: FeedType) -> None:
    """Payloads that no provider sends are rejected."""
    for outcome in complete_payload(source, payload):
        assert isinstance(outcome, IdentifiedEvent | Rejected | Ignored)


def test_a_form_with_a_field_in_two_spellings_is_read() -> None:
    """A nested name of Mailchimp does not fail on a plain one of the same name."""
    form = {"type": "subscribe", "fired_at": "2026-11-20 10:00:00", "data[merges]": "x", "data[merges][FNAME]": "Ada"}
    assert complete_event("email", form).raw_data["data"] == {"merges": list_pseudonyms("x", "acme", KEYS)[0]}


def test_every_feed_has_a_shape() -> None:
    """Every feed of the contract accepts at least one payload."""
    assert all(SHAPES[feed] for feed in FeedType)
