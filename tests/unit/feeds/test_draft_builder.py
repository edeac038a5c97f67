"""Metrics are collected from several names, unknown stays unknown, and every unreadable field is reported."""

from datetime import UTC, datetime

import pytest
from unit.feeds.feed_cases import complete_event

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import MICROS_PER_UNIT

OCCURRED_AT = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_sum_is_unknown_only_when_all_its_parts_are() -> None:
    """Reposts without quotes are still shares; without either, shares are unknown and not 0."""
    builder = DraftBuilder({})
    builder.add_sum("shares", {"retweet_count": 3, "quote_count": None}, "retweet_count", "quote_count")
    builder.add_sum("likes", {"a": None}, "a", "b")
    builder.add_sum("comments", None, "a")
    assert builder.metrics == {"shares": 3}


def test_the_first_name_that_reports_wins_and_micros_are_divided() -> None:
    """An empty column does not hide the next one; costs in millionths are converted to units of the currency."""
    builder = DraftBuilder({})
    builder.add_count("clicks", {"inline_link_clicks": "", "clicks": "7"}, "inline_link_clicks", "clicks")
    builder.add_amount("spend", {"costMicros": "36150000"}, "costMicros", unit=MICROS_PER_UNIT)
    builder.add_amount("revenue", {}, "value")
    assert builder.metrics == {"clicks": 7, "spend": 36.15}


def test_every_unreadable_field_is_reported_and_only_times_with_their_value() -> None:
    """The sender learns what to change, and no personal data is repeated."""
    builder = DraftBuilder({})
    builder.add_count("likes", {"likes": "ada@example.org"}, "likes")
    builder.add_count("views", {"views": 1.5}, "views")
    builder.add_count("opens", {"opens": [1]}, "opens")
    assert builder.read_time({"at": "18/11/2026"}, "at") is None
    outcome = builder.build(FeedType.EMAIL, OCCURRED_AT)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "invalid_field"
    assert [fault.split(":")[0] for fault in outcome.message.split("; ")][:3] == ["likes", "views", "opens"]
    assert "ada@" not in outcome.message
    assert "18/11/2026" in outcome.message


def test_a_payload_without_a_time_is_rejected() -> None:
    """TRAP: a missing time must not become the current time."""
    outcome = DraftBuilder({}).build(FeedType.EMAIL, None)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "missing_time"


def test_the_draft_keeps_the_payload() -> None:
    """Unless the feed sets another one, the raw payload is the builder's."""
    payload = {"a": 1}
    outcome = DraftBuilder(payload).build(FeedType.EMAIL, OCCURRED_AT)
    assert isinstance(outcome, Draft)
    assert outcome.raw is payload


@pytest.mark.parametrize(
    ("columns", "bounces"),
    [({"hard_bounces": 2, "soft_bounces": 3}, 5), ({"bounces": 5, "hard_bounces": 2, "soft_bounces": 3}, 5)],
)
def test_the_kinds_of_bounces_of_a_campaign_are_added_unless_their_sum_is_there(
    columns: dict[str, int], bounces: int
) -> None:
    """Nobody bounces twice."""
    campaign = {"campaign_id": "c1", "sent_at": "2026-11-20T09:00:00Z", "sends": 100, "opens": 30, **columns}
    assert complete_event("email", campaign).bounces == bounces
