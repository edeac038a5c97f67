"""Predictions of usual content: made before, judged after, right as often as they say, or honestly not there yet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.days.scorer import Scorer
from brain.domain.events import FeedType
from brain.domain.predictions import weekly_grid
from brain.domain.predictions.outlook import MAX_JUDGED, ContentOutlook, GridCell, JudgedContent, PredictionGrid
from brain.domain.predictions.recent_content import MAX_CONTENT, build_content_row, merge_content
from brain.domain.scoring import Weights
from brain.repositories import paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import PREDICTIONS, SCORING, RecentDays, read_section, run_daily, run_weekly
from brain.testing.simulations.posts import MONDAY, build_post, simulate_posts

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def scored(*events):
    """Events with their scores."""
    return Scorer({}, Weights(), as_of=MONDAY, time_zone=UTC_ZONE, config=SCORING).score_all(events)


def rows(weeks, **world):
    """The latest content of so many weeks."""
    return [row for event in simulate_posts("acme", MONDAY, 7 * weeks, **world) if (row := build_content_row(event))]


def simulate_outlook(everything, weeks):
    """The outlook after so many weeks in which each day saw only what was there."""
    outlook = ContentOutlook()
    for day in range(1, 7 * weeks):
        now = MONDAY + timedelta(days=day, hours=6)
        known_rows = [row for row in everything if row["at"] < now][-MAX_CONTENT:]
        outlook = outlook.with_judged(weekly_grid.judge_content(known_rows, outlook, now, UTC_ZONE))
        if now.weekday() == 0 or not outlook.grids:
            grid, shortage = weekly_grid.predict_week(
                known_rows, f"day {day}", now, UTC_ZONE, PREDICTIONS, outlook.level
            )
            outlook = outlook.with_grid(grid) if grid else replace(outlook, shortage=shortage)
    return outlook


@pytest.mark.parametrize("ratio", [1.0, 1.6], ids=["null", "planted"])
def test_intervals_are_right_as_often_as_they_say(ratio):
    """Of 80 %: 77 to 83 % over a thousand pieces that came after their predictions."""
    outlooks = [simulate_outlook(rows(16, ratio=ratio, seed=seed), 16) for seed in (1, 2, 3, 4)]
    judged, right = sum(o.judged_count for o in outlooks), sum(o.covered_count for o in outlooks)
    assert judged > 1000
    assert 0.77 <= right / judged <= 0.83


def test_a_grid_knows_nothing_of_what_it_is_judged_by():
    """What comes after it may be anything: the grid has the same bytes, and its judgements change."""
    before = rows(5)
    now = MONDAY + timedelta(days=28, hours=6)
    strange = [row | {"engagements": 10**6} if row["at"] > now else row for row in before]
    known_rows = [row for row in before if row["at"] < now]
    grid, _ = weekly_grid.predict_week(known_rows, "w", now, UTC_ZONE, PREDICTIONS)
    again, _ = weekly_grid.predict_week([r for r in strange if r["at"] < now], "w", now, UTC_ZONE, PREDICTIONS)
    assert grid == again
    later = now + timedelta(days=7)
    usual = weekly_grid.judge_content(before, ContentOutlook((grid,)), later, UTC_ZONE)
    odd = weekly_grid.judge_content(strange, ContentOutlook((grid,)), later, UTC_ZONE)
    assert len(usual) == len(odd) > 10
    assert not any(judged.is_covered for judged in odd)
    assert sum(judged.is_covered for judged in usual) > len(usual) / 2


def test_content_meets_its_interval_once_and_only_when_it_has_settled():
    """Two days after it was published, and never a grid that was made after it."""
    now = MONDAY + timedelta(days=28, hours=6)
    known_rows = rows(4)
    grid, _ = weekly_grid.predict_week(known_rows, "w", now, UTC_ZONE, PREDICTIONS)
    new = build_content_row(build_post("acme", now + timedelta(hours=3), "photo", 120))
    outlook = ContentOutlook((grid,))
    assert not weekly_grid.judge_content([*known_rows, new], outlook, now + timedelta(hours=50), UTC_ZONE)
    (judged,) = weekly_grid.judge_content([*known_rows, new], outlook, now + timedelta(hours=51), UTC_ZONE)
    outlook = outlook.with_judged([judged])
    assert not weekly_grid.judge_content([*known_rows, new], outlook, now + timedelta(days=4), UTC_ZONE)
    assert (outlook.judged_count, outlook.covered_count) == (1, int(judged.is_covered))


def test_what_was_never_predicted_is_not_judged():
    """A new format, or a cell without an interval."""
    now = MONDAY + timedelta(days=1)
    cell = GridCell("linkedin", "photo", 2, 9, 100.0, 10.0, None, 0.5, None)
    outlook = ContentOutlook((PredictionGrid("w", now, (cell,)),))
    new = [
        build_content_row(build_post("acme", now + timedelta(hours=k), kind, 50))
        for k, kind in enumerate(("photo", "poll"), 1)
    ]
    assert weekly_grid.judge_content(new, outlook, now + timedelta(days=5), UTC_ZONE) == []


def test_the_nearest_hour_of_the_week_counts_also_around_its_end():
    """Sunday 23:00 is an hour from Monday 00:00."""
    sunday = GridCell("linkedin", "photo", 6, 23, 1.0, 0.0, 2.0, 0.5, None)
    assert (sunday.hours_apart(0, 0), sunday.hours_apart(6, 20)) == (1, 3)


def test_predictions_are_for_the_clients_own_clock():
    """Posts at noon in Berlin are predicted at noon, summer and winter; a date without a time stays that date."""
    ten = datetime(2026, 10, 5, 10, tzinfo=UTC)
    assert weekly_grid.to_local(ten, BERLIN).hour == 12
    assert weekly_grid.to_local(datetime(2026, 10, 5, tzinfo=UTC), BERLIN).day == 5
    known_rows = [
        build_content_row(build_post("acme", MONDAY + timedelta(days=d, hours=10), "photo", 80 + d)) for d in range(25)
    ]
    grid, _ = weekly_grid.predict_week(known_rows, "w", MONDAY + timedelta(days=28), BERLIN, PREDICTIONS)
    assert {cell.hour for cell in grid.cells} == {12}
    assert sorted(cell.weekday for cell in grid.cells) == list(range(7))


def test_ten_pieces_are_needed_and_the_date_is_said():
    """By the pace of the client."""
    known_rows = [
        build_content_row(build_post("acme", MONDAY + timedelta(days=2 * d, hours=9), "photo", 80 + d))
        for d in range(5)
    ]
    grid, shortage = weekly_grid.predict_week(known_rows, "w", MONDAY + timedelta(days=14), UTC_ZONE, PREDICTIONS)
    assert grid is None
    assert shortage.startswith("not enough data yet: 5 observations")
    assert "enough by 2026-09-1" in shortage


def test_a_client_that_stopped_publishing_is_told_so():
    """There is no habit to predict."""
    grid, shortage = weekly_grid.predict_week(rows(4), "w", MONDAY + timedelta(days=90), UTC_ZONE, PREDICTIONS)
    assert (grid, shortage) == (None, "nothing was published in the 28 days before")


@pytest.mark.parametrize(
    ("fields", "is_merged"),
    [
        ({}, True),
        ({"feed_type": FeedType.EMAIL}, False),
        ({"feed_type": FeedType.ADS_META}, False),
        ({"content_type": None}, False),
        ({"engagements": None, "impressions": 5}, False),
        ({"engagements": None, "likes": 5}, True),
    ],
)
def test_only_content_that_people_engage_with_is_kept(fields, is_merged):
    """Neither messages to one reader nor rows of ads, nor what told no engagements."""
    assert (build_content_row(replace(build_post("acme", MONDAY, "photo", 10), **fields)) is not None) == is_merged


def test_the_list_is_short_and_a_revision_replaces_its_entry():
    """The latest 400, oldest first; what turns out to be no content leaves."""
    first_event = build_post("acme", MONDAY, "photo", 10)
    merged = merge_content([], scored(first_event, build_post("acme", MONDAY - timedelta(days=1), "text", 5)))
    assert [row["engagements"] for row in merged] == [5, 10]
    merged = merge_content(merged, scored(replace(first_event, engagements=40)))
    assert [row["engagements"] for row in merged] == [5, 40]
    assert len(merge_content(merged, scored(replace(first_event, content_type=None)))) == 1
    many = [build_post("acme", MONDAY + timedelta(minutes=k), "photo", k) for k in range(MAX_CONTENT + 50)]
    assert [row["engagements"] for row in merge_content([], scored(*many))] == list(range(50, MAX_CONTENT + 50))


def test_an_outlook_is_read_as_it_was_written_and_forgets_the_old():
    """Two grids, four hundred judgements, and totals since the beginning."""
    outlook = ContentOutlook(shortage="x")
    cell = GridCell("linkedin", "photo", 0, 9, 1.0, 0.5, 2.0, 0.7, None)
    for week in range(3):
        outlook = outlook.with_grid(PredictionGrid(f"2026-W{40 + week}", MONDAY + timedelta(days=7 * week), (cell,)))
    new = [JudgedContent(f"e{k}", MONDAY + timedelta(hours=k), 1.0, 0.0, 2.0, float(k % 4)) for k in range(500)]
    outlook = outlook.with_judged(new[:250]).with_judged(new[250:])
    assert outlook.period == "2026-W42"
    assert len(outlook.grids) == 2
    assert (len(outlook.judged), outlook.judged_count, outlook.covered_count) == (MAX_JUDGED, 500, 375)
    assert ContentOutlook.from_document(outlook.to_document()) == outlook
    assert ContentOutlook.from_document({}) == ContentOutlook()


@pytest.fixture
def store():
    """An embedded store in memory."""
    opened = SqliteStore(":memory:", ManualClock(MONDAY))
    yield opened
    opened.close()


@pytest.mark.slow
def test_the_reader_sees_what_is_expected_and_how_often_that_was_right(store):
    """Four weeks through the jobs: a document a platform's content type and week, and the record in both reports."""
    books, events = RecentDays(store, "acme"), list(simulate_posts("acme", MONDAY, 35, ratio=1.8))
    for day in range(1, 36):
        now = MONDAY + timedelta(days=day)
        books.add(event for event in events if now - timedelta(days=1) <= event.occurred_at < now)
        run_daily(store, "acme", now + timedelta(hours=6))
    run_weekly(store, "acme", MONDAY + timedelta(days=35, hours=9))
    assert len(store.query("clients/acme/predictions")) in (15, 18)
    for page in ("day", "week"):
        section = read_section(store, "acme", page, "predictions")
        assert (section["status"], len(section["rows"])) == ("ok", 3)
        assert section["figures"]["judged"] > 50
        assert section["lines"][0].startswith("Intervals that said 80% held ")
    first_event = next(s.data for s in store.query("clients/acme/predictions") if s.data["content_type"] == "carousel")
    assert (first_event["target"], first_event["level"], len(first_event["times"])) == ("engagements", 0.8, 21)
    outlook = ContentOutlook.from_document(store.get(paths.state("acme", "predictions")).data)
    carousel = [c.predicted for c in outlook.grids[-1].cells if c.content_type == "carousel"]
    others = [c.predicted for c in outlook.grids[-1].cells if c.content_type != "carousel"]
    assert min(carousel) > max(others)
