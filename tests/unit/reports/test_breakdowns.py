"""Finer sums of a day: exact under revisions, one key an event, bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.days import breakdowns
from brain.domain.days.breakdowns import PostingHour
from brain.domain.days.scorer import Scorer
from brain.domain.events import Event, FeedType
from brain.domain.scoring import ScoringConfig, Weights
from brain.settings.files import load_config

CONFIG = load_config("brain_scoring", ScoringConfig)
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 16, 12, 30, tzinfo=UTC)


def post(number=1, occurred_at=NOON, **fields):
    """A post with a known engagement rate."""
    given_fields = {"platform": "linkedin", "content_type": "photo", "engagements": 40, "audience_size": 2000}
    return event(f"e{number}", FeedType.CUSTOM, occurred_at, given_fields | fields)


def ad(number=1, **fields):
    """An ad's row of a day."""
    given_fields = {"platform": "facebook", "content_id": "ad7", "impressions": 900, "clicks": 11}
    midnight = NOON.replace(hour=0, minute=0)
    return event(f"a{number}", FeedType.ADS_META, midnight, given_fields | fields)


def event(event_id, feed, occurred_at, fields):
    """An event of one client."""
    return Event(
        event_id=event_id, client_id="acme", feed_type=feed, occurred_at=occurred_at, received_at=NOON, **fields
    )


def scorer(**given_fields):
    """A scorer without history."""
    return Scorer({}, Weights(), as_of=NOON, time_zone=BERLIN, config=CONFIG, **given_fields)


def test_a_post_is_kept_under_its_local_hour_and_an_ads_row_under_its_ad():
    """13:30 in Berlin is 12:30 in UTC."""
    books = scorer()
    books.score_all([post(), ad()])
    day = NOON.date()
    hours = list(breakdowns.iterate_hours(books.breakdowns, day, day + timedelta(days=1)))
    assert [(hour, sums["rated"]) for _, hour, sums in hours] == [(PostingHour("linkedin", "photo", 13), 1)]
    ads = list(breakdowns.iterate_ads(books.breakdowns, day, day + timedelta(days=1)))
    assert ads == [(day, "facebook", "ad7", {"impressions": 900, "clicks": 11})]


@pytest.mark.parametrize(
    "event",
    [
        post(occurred_at=NOON.replace(hour=0, minute=0)),
        post(engagements=None),
        post(audience_size=None),
        ad(content_id=None),
        ad(impressions=None),
    ],
    ids=["a date only", "no engagement", "no audience", "no ad", "never shown"],
)
def test_what_cannot_be_compared_has_no_breakdown(event):
    """Unknown is not a kind of its own."""
    books = scorer()
    (scored,) = books.score_all([event])
    assert scored.contribution.breakdown is None
    assert books.breakdowns == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30), st.integers(0, 500)), max_size=12))
def test_revisions_leave_what_the_latest_forms_alone_would_have(changes):
    """Taking away is exact, whatever was revised how often."""
    books, earlier, latest = scorer(), {}, {}
    for number, hours, engaged in changes:
        event = post(number, NOON + timedelta(hours=hours), engagements=engaged)
        (scored,) = books.score_all([event], {event.event_id: earlier[number]} if number in earlier else None)
        earlier[number], latest[number] = scored.contribution, event
    alone = scorer()
    alone.score_all(latest.values())
    assert books.breakdowns == alone.breakdowns


def test_an_endless_id_is_shortened():
    """Two such ads stay two."""
    books = scorer()
    books.score_all([ad(1, content_id="x" * 65), ad(2, content_id="x" * 66)])
    keys = list(books.breakdowns[NOON.date().isoformat()])
    assert len(keys) == 2
    assert all(len(key) < 80 for key in keys)


def test_names_that_fill_a_day_in_bytes_are_folded_and_taken_away_exactly():
    """Impressions of the kind stay those of its events; a revision of a folded ad leaves nothing behind."""
    books = scorer()
    events = [
        ad(number, content_id=f"{number:02d}" + "漢" * 20, platform="p" * 60, impressions=10) for number in range(99)
    ]
    scored = books.score_all(events)
    keys = books.breakdowns[NOON.date().isoformat()]
    assert len(keys) < 99
    assert sum(key_sums["impressions"] for key_sums in keys.values()) == 990
    day = NOON.date()
    assert "other" not in {name for _, _, name, _ in breakdowns.iterate_ads(books.breakdowns, day, day + timedelta(1))}
    for earlier in scored:
        breakdowns.subtract(books.breakdowns, earlier.contribution)
    assert books.breakdowns == {}


def test_a_day_holds_a_bounded_number_of_keys_and_the_rest_is_added_up():
    """An account with ten thousand ads must not outgrow its document."""
    books = scorer()
    scored = books.score_all(
        [ad(number, content_id=f"ad{number}") for number in range(breakdowns.MAX_KEYS_PER_DAY + 5)]
    )
    assert len(books.breakdowns[NOON.date().isoformat()]) == breakdowns.MAX_KEYS_PER_DAY + 1
    assert [s.contribution.breakdown for s in scored[-5:]] == ["ad|other"] * 5
    one_more = replace(scored[-1].contribution, breakdown=None)
    before = {day: dict(keys) for day, keys in books.breakdowns.items()}
    breakdowns.subtract(books.breakdowns, one_more)
    assert books.breakdowns == before
