"""The archive by month: the same days as one document would hold, also while a former version runs beside it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.days import archive, sums
from brain.domain.days.sums import Days
from brain.domain.learning.config import LearningConfig
from brain.domain.scoring import ScoringConfig
from brain.ports.document_store import Document
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.hourly_scores import HourlyScores
from brain.services.analysis.stored_aggregates import StoredAggregates, read_aggregates
from brain.services.jobs.run_once import run_once
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import CLIENT, MONDAY, build_event, fill_store, store_events

SCORING = load_config("brain_scoring", ScoringConfig)
LEARNING = load_config("brain_learning", LearningConfig)


@pytest.fixture
def store() -> SqliteStore:
    """An embedded store in memory."""
    return SqliteStore(":memory:", ManualClock(MONDAY))


def score(store: SqliteStore, hours: int) -> None:
    """Run the hourly job in small pages, so that there are several archive writes."""
    work = HourlyScores(store, SCORING, LEARNING.outcomes, page_size=20)
    scheduled_at = MONDAY + timedelta(hours=hours)
    task = Task("brainHourlyScores", CLIENT, scheduled_at, scheduled_at)
    run_once(Runs(store), task, work, time_limit=timedelta(minutes=5), clock=ManualClock(scheduled_at))


def read_state(store: SqliteStore, name: str) -> Document | None:
    """Return a state document."""
    snapshot = store.get(paths.state(CLIENT, name))
    return snapshot.data if snapshot else None


def to_former_version(store: SqliteStore) -> None:
    """Store the state as the former version did: the archive in one document, breakdowns with the recent sums."""
    recent, finer = read_state(store, "scores"), read_state(store, "breakdowns")
    assert recent is not None
    assert finer is not None
    days: dict[str, Any] = {}
    for month in recent["archived"]:
        days |= (read_state(store, f"days-{month}") or {})["days"]
        store.delete(paths.state(CLIENT, f"days-{month}"))
    former = {name: recent[name] for name in ("days", "top", "content")} | {"breakdowns": finer["days"]}
    store.set(paths.state(CLIENT, "scores"), former)
    store.set(paths.state(CLIENT, "days"), {"days": days})
    store.delete(paths.state(CLIENT, "breakdowns"))


def drop_zeros(days: Mapping[str, Any]) -> Days:
    """Return the sums that are not 0."""
    return {d: {g: {k: v for k, v in s.items() if v} for g, s in gs.items()} for d, gs in days.items()}


def read(store: SqliteStore) -> tuple[StoredAggregates, dict[str, Any]]:
    """Return the aggregates, and their sums for a comparison."""
    aggregates = read_aggregates(store, CLIENT)
    return aggregates, {"days": drop_zeros(aggregates.days), "breakdowns": drop_zeros(aggregates.breakdowns)}


def test_every_month_has_a_document_and_the_latest_150_archived_days_remain(store: SqliteStore) -> None:
    """Older months are deleted, and what is read does not depend on where months begin."""
    fill_store(store, days=260, posts_per_day=1)
    score(store, 1)
    recent = read_state(store, "scores")
    assert recent is not None
    assert sum(recent["archived"].values()) - 31 < archive.ARCHIVED_DAYS <= sum(recent["archived"].values())
    stored = {s.id for s in store.query(f"clients/{CLIENT}/state") if s.id.startswith("days")}
    assert stored == {f"days-{month}" for month in recent["archived"]}
    aggregates, _ = read(store)
    assert len(aggregates.days) == archive.ARCHIVED_DAYS + 31
    assert min(aggregates.days) == (MONDAY - timedelta(days=archive.ARCHIVED_DAYS + 31)).date().isoformat()


def test_the_state_of_a_former_version_is_read_and_moved(store: SqliteStore) -> None:
    """Nothing is lost or counted twice: before the next run, after it, and after the next days."""
    other = SqliteStore(":memory:", ManualClock(MONDAY))
    for world in (store, other):
        fill_store(world, days=120, posts_per_day=2)
        score(world, 1)
    to_former_version(store)
    assert read(store)[1] == read(other)[1]
    for world in (store, other):
        store_events(world, build_event(9001, MONDAY + timedelta(hours=2)))
        score(world, 3)
    assert read(store)[1] == read(other)[1]
    recent = read_state(store, "scores")
    assert recent is not None
    assert "breakdowns" not in recent
    for world in (store, other):
        store_events(world, build_event(9002, MONDAY + timedelta(days=2)))
        score(world, 50)
    assert read(store)[1] == read(other)[1]
    assert (read_state(store, "days"), read_state(store, "days-2026-10")) == (None, read_state(other, "days-2026-10"))


def test_what_a_former_version_stores_beside_this_one_is_added(store: SqliteStore) -> None:
    """It knows neither the months nor the breakdowns' document, and starts with empty ones."""
    fill_store(store, days=60, posts_per_day=2)
    score(store, 1)
    before = read(store)[1]
    hour = {"hour|linkedin|photo|09": {"rated": 1, "log_rate_milli": 5, "log_rate_milli_squared": 25}}
    day, old_day = (MONDAY - timedelta(days=1)).date().isoformat(), (MONDAY - timedelta(days=50)).date().isoformat()
    store.update(paths.state(CLIENT, "scores"), {"breakdowns": {day: hour}})
    store.set(paths.state(CLIENT, "days"), {"days": {old_day: {"linkedin|other": {"events": 3}}}})
    expected = {
        "days": sums.merge_days(before["days"], {old_day: {"linkedin|other": {"events": 3}}}),
        "breakdowns": sums.merge_days(before["breakdowns"], {day: hour}),
    }
    assert read(store)[1] == expected
    store_events(store, build_event(9001, MONDAY - timedelta(days=70)))
    score(store, 2)
    aggregates, after = read(store)
    assert after["breakdowns"] == expected["breakdowns"]
    assert aggregates.days[old_day]["linkedin|other"]["events"] == expected["days"][old_day]["linkedin|other"]["events"]
    assert read_state(store, "days") is None


def test_an_event_older_than_the_archive_makes_no_document(store: SqliteStore) -> None:
    """Its score is stored, and its day is not."""
    fill_store(store, days=240, posts_per_day=1)
    store_events(store, build_event(9001, MONDAY - timedelta(days=700)))
    score(store, 1)
    assert store.get(paths.score(CLIENT, "e9001")) is not None
    assert not [s.id for s in store.query(f"clients/{CLIENT}/state") if s.id.startswith("days-2024")]
