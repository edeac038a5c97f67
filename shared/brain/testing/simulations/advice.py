"""Simulated clients and runs of the daily and weekly jobs on them, for tests of recommendations and predictions."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from brain.adapters.html_report import render
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.anomaly import AnomalyConfig
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.scorer import Scorer
from brain.domain.events import Event
from brain.domain.jobs.steps import DAILY_ANALYSIS, WEEKLY_REPORT
from brain.domain.learning.config import LearningConfig
from brain.domain.predictions import recent_content
from brain.domain.predictions.config import PredictionConfig
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.reports.facts import ReportFacts
from brain.domain.scoring import ScoringConfig, Weights
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.analysis.recommendations import ADVICE as ADVICE_STATE
from brain.repositories.analysis.state import RECENT
from brain.repositories.clients import Clients
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.daily_analysis import DailyAnalysis
from brain.services.analysis.parts import Parts
from brain.services.analysis.predict_content import PredictContent
from brain.services.analysis.read_advice import ReadAdvice
from brain.services.analysis.recommend import Recommend
from brain.services.analysis.stored_aggregates import StoredAggregates
from brain.services.analysis.weekly_report import WeeklyReport
from brain.services.jobs.run_once import run_once
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.posts import MONDAY

SCORING = load_config("brain_scoring", ScoringConfig)
ANALYSIS = load_config("brain_analysis", AnalysisConfig)
DETECTOR = load_config("brain_anomaly", AnomalyConfig)
ADVICE = load_config("brain_advice", AdviceConfig)
MOVE_CATALOGUE = load_config("triggers", MoveCatalogue)
PREDICTIONS = load_config("brain_predictions", PredictionConfig)
EVALUATION = load_config("brain_learning", LearningConfig).policy_evaluation


def store_client(store: SqliteStore, client_id: str, vertical: str = "agency") -> None:
    """Store a client, whose name is its capitalized id."""
    Clients(store).put(Client(client_id, client_id.title(), vertical))


def store_recent_days(store: SqliteStore, client_id: str, events: Iterable[Event]) -> None:
    """Store what the hourly job stores of these events: daily sums and the latest content."""
    RecentDays(store, client_id).add(events)


def copy_recent_days(store: SqliteStore, client_id: str, others: Iterable[str]) -> None:
    """Give other clients the same past, so that only their random draws differ."""
    state = store.get(paths.state(client_id, RECENT))
    assert state is not None
    for other in others:
        store.set(paths.state(other, RECENT), state.data)


class RecentDays:
    """A client's recent days as the hourly job stores them; ``add`` scores further events.

    Args:
        store: The store.
        client_id: The client.
    """

    def __init__(self, store: SqliteStore, client_id: str) -> None:
        self._store = store
        self._client_id = client_id
        self._scorer = Scorer({}, Weights(), as_of=MONDAY, time_zone=ZoneInfo("UTC"), config=SCORING)
        self._content: list[dict[str, Any]] = []

    def add(self, events: Iterable[Event]) -> None:
        """Score events, add them to the sums, and store the state."""
        events = list(events)
        scored = self._scorer.score_all(events)
        self._content = recent_content.merge_content(self._content, scored)
        days = {"days": self._scorer.days, "breakdowns": self._scorer.breakdowns, "content": self._content}
        self._store.set(paths.state(self._client_id, RECENT), days)


def run_daily(store: DocumentStore, client_id: str, scheduled_at: datetime, **options: Any) -> Any:
    """Run the daily analysis of a client with all parts, as the worker does; ``options`` are those of ``run_job``."""
    parts: Parts = {
        ("predictions",): PredictContent(store, PREDICTIONS),
        ("recommendations",): Recommend(store, MOVE_CATALOGUE, ADVICE),
    }
    return run_job(
        DailyAnalysis(store, ANALYSIS, DETECTOR, fail_on_error, parts),
        DAILY_ANALYSIS,
        store,
        client_id,
        scheduled_at,
        **options,
    )


def run_weekly(store: DocumentStore, client_id: str, scheduled_at: datetime, **options: Any) -> Any:
    """Run the weekly report of a client with all parts; ``options`` are those of ``run_job``."""
    parts: Parts = {("predictions", "recommendations", "policy"): ReadAdvice(store, EVALUATION)}
    return run_job(
        WeeklyReport(store, ANALYSIS, DETECTOR, fail_on_error, render, parts),
        WEEKLY_REPORT,
        store,
        client_id,
        scheduled_at,
        **options,
    )


def run_job(
    work: Any,
    job: str,
    store: DocumentStore,
    client_id: str,
    scheduled_at: datetime,
    *,
    dry_run: bool = False,
    clock: ManualClock | None = None,
) -> Any:
    """Run a job once at its scheduled time, or at the clock's time, and return its figures."""
    task = Task(job, client_id, scheduled_at, scheduled_at, dry_run)
    return run_once(Runs(store), task, work, time_limit=timedelta(minutes=5), clock=clock or ManualClock(scheduled_at))


def fail_on_error(part: str, error: Exception) -> None:
    """Report a failed part of a job as a failed test."""
    raise AssertionError(part) from error


def build_facts(aggregates: StoredAggregates, as_of: datetime) -> ReportFacts:
    """Build the facts of a client's last complete day from its stored aggregates."""
    end = aggregates.local_day(as_of)
    return ReportFacts(
        client=aggregates.client,
        start=end - timedelta(days=1),
        end=end,
        as_of=as_of,
        days=aggregates.days,
        breakdowns=aggregates.breakdowns,
        incidents=aggregates.incidents,
        series_ready=1,
        series_warming=0,
        config=ANALYSIS,
    )


def answer_recommendation(
    store: SqliteStore, client_id: str, recommendation_id: str, status: str, answered_at: datetime, **fields: Any
) -> None:
    """Store the answer to a recommendation, as a reader's browser does; ``fields`` are further fields of it."""
    identity = {"client_id": client_id, "recommendation_id": recommendation_id, "user_id": "reader"}
    store.set(
        paths.feedback(client_id, recommendation_id), identity | {"status": status, "updated_at": answered_at} | fields
    )


def read_advice_state(store: SqliteStore, client_id: str) -> AdviceState:
    """Return the stored state of a client's recommendations."""
    snapshot = store.get(paths.state(client_id, ADVICE_STATE))
    return AdviceState.from_document(snapshot.data if snapshot else {})


def read_section(store: SqliteStore, client_id: str, page: str, name: str) -> dict[str, Any]:
    """Return a section of a stored page by its name."""
    view = store.get(paths.view(client_id, page))
    assert view is not None
    return next(section for section in view.data["sections"] if section["name"] == name)
