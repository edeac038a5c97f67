"""Each payload of ``gateway/email.yaml`` gives the figures that its source calls right, and names what it rejects."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from brain.domain.events import Draft, Event, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.privacy.keys import IdentityKeys

CASES = yaml.safe_load((Path(__file__).parent / "gateway" / "email.yaml").read_text(encoding="utf-8"))
CONTEXT = FeedContext("acme", datetime(2026, 11, 30, tzinfo=UTC))
KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")


def sum_metric(events: list[Event], metric: str) -> float | None:
    """Return the sum of a metric, None if no event reports it."""
    reported = [number for event in events if (number := getattr(event, metric)) is not None]
    return sum(reported) if reported else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_payload_of_an_email_service_is_read_correctly(case: dict[str, Any]) -> None:
    """Its sums are right, unknown figures stay unknown, and a field of a wrong type is named."""
    outcomes = [
        build_event(outcome, CONTEXT, KEYS) if isinstance(outcome, Draft) else outcome
        for outcome in normalize(FeedType.EMAIL, case["payload"], CONTEXT)
    ]
    events = [outcome.event for outcome in outcomes if isinstance(outcome, IdentifiedEvent)]
    rejections = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    assert {metric: sum_metric(events, metric) for metric in case.get("sums", {})} == case.get("sums", {})
    assert [rejection.message.partition(":")[0] for rejection in rejections] == case.get("rejected", [])
    assert {rejection.error_code for rejection in rejections} <= {"invalid_field"}
    assert sum(isinstance(outcome, Ignored) for outcome in outcomes) == case.get("ignored", 0)
    check_events(case, events)


def check_events(case: dict[str, Any], events: list[Event]) -> None:
    """Check what a case says about every event: its feed type, its time and its share of bots."""
    if "kinds" in case:
        assert Counter(str(event.feed_type) for event in events) == case["kinds"]
    if "occurred_at" in case:
        assert {event.occurred_at for event in events} == {case["occurred_at"]}
    if "bot_ratio" in case:
        assert {event.bot_ratio for event in events} == {case["bot_ratio"]}
