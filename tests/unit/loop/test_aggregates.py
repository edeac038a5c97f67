"""Daily sums: exact, undone exactly, bounded, and the same in whatever order events come."""

import copy
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.days import sums
from brain.domain.days.scorer import Scorer
from brain.domain.days.sums import EventContribution
from brain.domain.scoring import ScoringConfig, Weights, score
from brain.settings.files import load_config
from brain.testing.simulations.client import build_event

CONFIG = load_config("brain_scoring", ScoringConfig)
UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def contribute(number=1, occurred_at=NOON, zone=UTC_ZONE, **fields):
    """What an event adds to its day."""
    post = build_event(number, occurred_at, **fields)
    return sums.build_contribution(post, score(post, as_of=occurred_at, config=CONFIG), zone)


contributions = st.builds(
    lambda n, day, spend, platform: contribute(n, NOON + timedelta(days=day), spend=spend, platform=platform),
    st.integers(0, 50), st.integers(-3, 3), st.none() | st.floats(0, 1e6), st.sampled_from(["linkedin", "email", None]),
)  # fmt: skip


@given(st.lists(contributions, max_size=12), st.randoms())
def test_the_order_of_events_changes_no_digit(changes, rng):
    """All sums are whole numbers."""
    ordered, reordered = {}, {}
    for change in changes:
        sums.add(ordered, change)
    shuffled = list(changes)
    rng.shuffle(shuffled)
    for change in shuffled:
        sums.add(reordered, change)
    assert ordered == reordered


def without_zeros(days):
    """The sums that are not 0."""
    return {d: {g: {k: v for k, v in s.items() if v} for g, s in gs.items()} for d, gs in days.items()}


@given(st.lists(contributions, max_size=8), contributions)
def test_taking_away_undoes_adding_exactly(changes, one_more):
    """So a revision replaces what it revises."""
    days = {}
    for change in changes:
        sums.add(days, change)
    before = copy.deepcopy(days)
    sums.subtract(days, sums.add(days, one_more))
    without_zeros = {d: {g: {k: v for k, v in s.items() if v} for g, s in gs.items()} for d, gs in days.items()}
    assert without_zeros == {
        d: {g: {k: v for k, v in s.items() if v} for g, s in gs.items()} for d, gs in before.items()
    }


def test_what_nobody_reported_is_absent_and_not_0():
    """A reported 0 is 0."""
    day_sums = contribute(clicks=0).sums
    assert day_sums["clicks"] == 0
    assert "opens" not in day_sums
    assert sums.sum_if_reported([day_sums], "opens") is None
    assert sums.sum_if_reported([day_sums], "clicks") == 0


def test_money_and_conversions_keep_their_fractions():
    """In millionths and thousandths."""
    day_sums = contribute(spend=12.345678, conversions=1.5).sums
    assert (day_sums["spend_micros"], day_sums["conversions_milli"]) == (12_345_678, 1500)


def test_a_day_is_the_clients_own():
    """Evening in New York is the next morning in UTC."""
    late = datetime(2026, 11, 11, 3, tzinfo=UTC)
    assert contribute(occurred_at=late, zone=ZoneInfo("America/New_York")).day == "2026-11-10"
    assert contribute(occurred_at=late).day == "2026-11-11"


def test_a_row_with_a_date_alone_stays_on_its_date():
    """Midnight UTC is how feeds read a date; it is the account's own day."""
    midnight = datetime(2026, 11, 11, tzinfo=UTC)
    assert contribute(occurred_at=midnight, zone=ZoneInfo("America/New_York")).day == "2026-11-11"


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 6, 1), 24)])
def test_a_day_ends_where_the_client_is_also_when_clocks_change(day, hours):
    """Berlin has a day of 25 hours and one of 23."""
    berlin = ZoneInfo("Europe/Berlin")
    begin = sums.end_of_day(day - timedelta(days=1), berlin)
    assert (sums.end_of_day(day, berlin).astimezone(UTC) - begin.astimezone(UTC)) == timedelta(hours=hours)


def test_a_day_has_at_most_twenty_groups_and_loses_nothing():
    """What comes after is booked together, and taken away from where it was booked."""
    days = {}
    added = [sums.add(days, EventContribution("2026-11-10", f"p{n}|photo", {"events": 1})) for n in range(30)]
    assert len(days["2026-11-10"]) <= sums.MAX_GROUPS_PER_DAY + 1
    assert sums.sum_metric(days["2026-11-10"].values(), "events") == 30
    for contribution in added:
        sums.subtract(days, contribution)
    assert days == {}


def test_history_is_the_whole_days_before_of_the_same_platform():
    """The event's own day, other platforms and older days are left out."""
    days = {}
    for back, engaged in ((0, 1000), (1, 10), (7, 20), (8, 30), (30, 40), (31, 5000)):
        sums.add(days, contribute(back, NOON - timedelta(days=back), engagements=engaged))
    sums.add(days, contribute(99, NOON - timedelta(days=1), engagements=7777, platform="email"))
    history = sums.build_history(days, "linkedin", NOON.date(), CONFIG)
    assert (history.events, history.engagements) == (4, 100)
    assert (history.recent_events, history.recent_engagements) == (2, 30)


def test_the_archive_keeps_what_leaves_the_window_by_platform():
    """Sums of content types are added up; the oldest days go."""
    days = {}
    for back in range(6):
        for content in ("photo", "text"):
            sums.add(days, contribute(back, NOON - timedelta(days=back), content_type=content))
    retired = sums.remove_old_days(days, NOON.date(), keep_days=3)
    assert sorted(days) == ["2026-11-08", "2026-11-09", "2026-11-10"]
    archive = sums.merge_into_archive({}, retired, keep_days=2)
    assert sorted(archive) == ["2026-11-06", "2026-11-07"]
    assert archive["2026-11-07"]["linkedin|other"]["events"] == 2


def test_events_score_the_same_in_any_order_of_arrival_within_a_day():
    """Each is judged against the days before its own."""
    events = [build_event(n, NOON - timedelta(days=n // 4, hours=n % 4)) for n in range(40)]

    def scores(order):
        scorer = Scorer({}, Weights(), as_of=NOON, time_zone=UTC_ZONE, config=CONFIG)
        by_day = sorted(order, key=lambda e: e.occurred_at.date())
        return {s.event.event_id: s.score for s in scorer.score_all(by_day)}

    shuffled = list(events)
    random.Random(3).shuffle(shuffled)  # noqa: S311 - a test's order
    assert scores(events) == scores(shuffled)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 500)), min_size=1, max_size=12))
def test_a_kept_history_is_that_of_the_days_as_they_are(posts):
    """Posts by number, day and engagements, with revisions that move to other days, in any order."""
    scorer = Scorer({}, Weights(), as_of=NOON, time_zone=UTC_ZONE, config=CONFIG)
    contributions = {}
    for number, day, engagements in posts:
        event = build_event(number, NOON + timedelta(days=day), engagements=engagements)
        fresh = Scorer(copy.deepcopy(scorer.days), Weights(), as_of=NOON, time_zone=UTC_ZONE, config=CONFIG)
        expected, scored = (each.score_all([event], contributions)[0] for each in (fresh, scorer))
        assert scored.score == expected.score
        contributions[event.event_id] = scored.contribution


def test_a_revision_replaces_its_first_form_and_keeps_how_late_that_was():
    """Histories of later days see the new figures."""
    scorer = Scorer({}, Weights(), as_of=NOON, time_zone=UTC_ZONE, config=CONFIG)
    first = scorer.score_all([build_event(1, NOON, engagements=100)])[0]
    later = build_event(1, NOON, engagements=300)
    scorer.score_all([build_event(2, NOON + timedelta(days=1), engagements=5)])
    again = scorer.score_all([later], {"e1": first.contribution})[0]
    assert again.contribution.sums["late_seconds"] == first.contribution.sums["late_seconds"]
    assert (
        sums.sum_metric(
            [s for _, s in sums.select_range(scorer.days, NOON.date(), NOON.date() + timedelta(days=1))], "engagements"
        )
        == 300
    )
    newest = scorer.score_all([build_event(3, NOON + timedelta(days=2), engagements=5)])[0]
    assert newest.score.inputs["history_engagements"] == 305
