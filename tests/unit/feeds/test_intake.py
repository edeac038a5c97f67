"""From payload to event: what is read, refused, reduced and kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.feeds.feed_cases import CONTEXT, KEYS, RECEIVED, Case, cases, planted, reject_one, take, take_one

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.field_maps import FieldMap, TimeParts
from brain.domain.feeds.registry import SHAPES
from brain.domain.gateway.normalize import MAX_RAW_BYTES, Completed, complete, normalize
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(cases())
AT = "2026-11-20T10:00:00Z"


def test_an_unknown_source_is_refused_by_name() -> None:
    """The sender learns which feeds there are, not what it sent."""
    (only,) = normalize("radio", {}, CONTEXT)
    assert isinstance(only, Rejected)
    assert only.error_code == "unknown_source"
    assert "social_tiktok" in only.message


@pytest.mark.parametrize("payload", [None, 5, "text", True, [1], [[[[[[{}]]]]]]], ids=repr)
def test_what_is_no_object_is_of_no_shape(payload: Any) -> None:
    """Numbers, texts and endless arrays are refused item by item."""
    assert reject_one("custom", payload).error_code == "unknown_shape"


def test_an_empty_batch_holds_nothing() -> None:
    """No items, no outcomes."""
    assert take("email", []) == []


def test_a_contradiction_names_both_feeds() -> None:
    """SendGrid's events at LinkedIn's address go back with the right address."""
    refused = reject_one("social_linkedin", {"event": "open", "timestamp": 1795262400, "sg_event_id": "a"})
    assert refused.error_code == "source_mismatch"
    assert "email" in refused.message
    assert "social_linkedin" in refused.message


def test_an_unknown_shape_names_what_was_expected() -> None:
    """A dead letter must tell the operator which shapes there are."""
    refused = reject_one("crm_salesforce", {"a": 1})
    assert refused.error_code == "unknown_shape"
    assert "ChangeEventHeader" in refused.message


def test_a_recorders_wrapping_is_taken_off() -> None:
    """A data set that keeps payloads under ``payload`` beside its own underscored names is read as the payloads."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a"}
    assert take("email", [{"_test": "x", "payload": [event]}]) == take("email", [event])


def test_a_canonical_event_may_come_by_any_address_and_takes_its_feed() -> None:
    """Without a feed of its own it belongs to the address; with another one it keeps its own."""
    assert take_one("email", {"occurred_at": AT, "opens": 1}).feed_type is FeedType.EMAIL
    assert take_one("custom", {"occurred_at": AT, "opens": 1, "feed_type": "email"}).feed_type is FeedType.EMAIL
    assert (
        take_one("social_tiktok", {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "time": AT}).feed_type
        is FeedType.CUSTOM
    )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"client_id": "other"}, "client_id"),
        ({"schema_version": 9}, "schema_version"),
        ({"jane@example.org": 1}, "a field"),
    ],
)
def test_a_canonical_event_says_what_is_wrong_with_it(changed: dict[str, Any], named: str) -> None:
    """Another client's event, another version and a field that does not exist are named, people in names are not."""
    refused = reject_one("custom", {"occurred_at": AT, "likes": 1} | changed)
    assert refused.message.startswith(named)


def test_a_canonical_total_is_known_by_its_content() -> None:
    """Cumulative figures of one content are revisions of one event."""
    first, second = (
        take("custom", {"occurred_at": AT, "likes": likes, "content_id": "p", "cumulative": True})[0]
        for likes in (1, 2)
    )
    assert isinstance(first, Completed)
    assert isinstance(second, Completed)
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
        ("platform", "x" * 300),
    ],
)
def test_a_value_out_of_range_is_named_and_refused(metric: str, value: Any) -> None:
    """Counters are 0 to 10^12, ratios 0 to 1; each fault has its field's name."""
    refused = reject_one("custom", {"occurred_at": AT, "likes": 1} | {metric: value})
    assert refused.error_code == "invalid_field"
    assert refused.message.startswith(metric)


def test_a_refund_may_make_revenue_negative() -> None:
    """Money is the one figure that may be below zero."""
    assert take_one("custom", {"occurred_at": AT, "revenue": -5.5}).revenue == -5.5


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(hours=1), None),
        (timedelta(hours=1, seconds=1), "future_time"),
        (-timedelta(days=365), None),
        (-timedelta(days=365, seconds=1), "too_old"),
    ],
)
def test_the_window_is_an_hour_ahead_and_a_year_back(ahead: timedelta, code: str | None) -> None:
    """Both ends belong to the window."""
    (only,) = take("custom", {"occurred_at": (RECEIVED + ahead).isoformat(), "likes": 1})
    assert (only.error_code if isinstance(only, Rejected) else None) == code


def test_backfill_lifts_the_floor_and_not_the_ceiling() -> None:
    """History may be as old as it is; the future stays closed."""
    backfill = replace(CONTEXT, backfill=True)
    assert take_one("custom", {"occurred_at": "2014-01-01T00:00:00Z", "likes": 1}, backfill).likes == 1
    assert (
        reject_one("custom", {"occurred_at": "2027-01-01T00:00:00Z", "likes": 1}, backfill).error_code == "future_time"
    )


def test_a_webhook_without_a_time_takes_the_signed_one_and_never_the_receipt() -> None:
    """A verified signature's time is the sender's; the clock of the Brain is not."""
    event = {"event": "open", "email": "ada@example.org", "sg_event_id": "a", "timestamp": ""}
    assert reject_one("email", event).error_code == "missing_time"
    signed = replace(CONTEXT, signed_at=RECEIVED - timedelta(minutes=1))
    assert take_one("email", event, signed).occurred_at == signed.signed_at


@pytest.mark.parametrize("occurred_at", [None, RECEIVED.replace(tzinfo=None)])
def test_a_draft_without_an_aware_time_never_completes(occurred_at: Any) -> None:
    """Whatever a feed hands on, a missing or naive time stops here."""
    outcome = complete(Draft(feed_type=FeedType.CUSTOM, occurred_at=occurred_at, raw={}), CONTEXT, KEYS)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "missing_time"


def test_a_payload_that_json_cannot_hold_is_refused() -> None:
    """A caller in the same process cannot slip an object past the identity."""
    outcome = complete(Draft(feed_type=FeedType.CUSTOM, occurred_at=RECEIVED, raw={"a": {1}}), CONTEXT, KEYS)
    assert isinstance(outcome, Rejected)


def test_a_payload_over_100_kb_keeps_its_essential_metrics_and_says_so() -> None:
    """Likes and the like stay, the rest goes, the mark and the original size remain."""
    event = take_one(
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


def test_the_request_gives_what_the_payload_does_not() -> None:
    """Vertical, correlation and receipt come from the context, unless the payload knows better."""
    context = replace(CONTEXT, vertical="agency", correlation_id="c-1")
    event = take_one("custom", {"occurred_at": AT, "likes": 1}, context)
    assert (event.vertical, event.correlation_id, event.received_at, event.client_id) == (
        "agency",
        "c-1",
        RECEIVED,
        "acme",
    )
    assert take_one("custom", {"occurred_at": AT, "likes": 1, "vertical": "d2c"}, context).vertical == "d2c"


def test_a_missing_metric_is_unknown_and_a_reported_zero_is_zero() -> None:
    """TRAP: None and 0 are two answers."""
    event = take_one("social_twitter", {"id": "1", "created_at": AT, "public_metrics": {"like_count": 0}})
    assert (event.likes, event.comments, event.impressions) == (0, None, None)


def test_an_answer_of_bigquery_is_read_by_the_field_map_of_the_request() -> None:
    """Rows of f and v have the names of their schema, and the map tells what they mean."""
    field_map = FieldMap(description="d", time=TimeParts(column="day"), key=("day",), metrics={"likes": ("hearts",)})
    payload = {
        "schema": {"fields": [{"name": "day", "type": "DATE"}, {"name": "hearts", "type": "INTEGER"}]},
        "rows": [{"f": [{"v": "2026-11-20"}, {"v": "4"}]}],
    }
    assert take_one("warehouse", payload, replace(CONTEXT, field_map=field_map)).likes == 4


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


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a payload."""
    yield path
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from nodes(inner, (*path, step))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_payload_raises_whatever_stands_in_its_fields(case: Case) -> None:
    """Junk in any place of any provider's shape ends as an event, a rejection or a reason to ignore."""
    for path in nodes(case.payload):
        for junk in JUNK:
            for outcome in take(case.source, planted(case.payload, path, junk)):
                assert isinstance(outcome, Completed | Rejected | Ignored)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from(list(FeedType)))
def test_no_junk_raises_at_any_feed(payload: Any, source: FeedType) -> None:
    """What no provider would send is refused in a sentence."""
    for outcome in take(source, payload):
        assert isinstance(outcome, Completed | Rejected | Ignored)


def test_a_form_that_spells_a_field_in_two_ways_is_still_read() -> None:
    """Mailchimp's nested names do not trip over a plain one of the same name."""
    form = {"type": "subscribe", "fired_at": "2026-11-20 10:00:00", "data[merges]": "x", "data[merges][FNAME]": "Ada"}
    assert take_one("email", form).raw_data["data"] == {"merges": list_pseudonyms("x", "acme", KEYS)[0]}


def test_every_feed_knows_at_least_one_shape() -> None:
    """No feed of the contract is an empty promise."""
    assert all(SHAPES[feed] for feed in FeedType)
