"""Probes of the daily analysis, the weekly report and advice, through the jobs of one simulated client."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from unit.settings.changed_files import changed_file, read_tree
from unit.settings.changes import replace
from unit.settings.settings_file import SettingsFile

from brain.bootstrap import Brain
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.scorer import Scorer
from brain.domain.events import Event, FeedType
from brain.domain.jobs.steps import DAILY_ANALYSIS, WEEKLY_REPORT
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.scoring import ScoringConfig, Weights
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.analysis.recommendations import ADVICE
from brain.repositories.analysis.state import RECENT
from brain.repositories.clients import Clients
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain

CLIENT = "acme"
MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
DAYS = 150
COLLECTIONS = ("anomalies", "outcomes", "predictions", "recommendations", "reports", "state", "views")


def probe_daily_analysis() -> object:
    """Analyse the client's last day."""
    brain = open_client()
    return brain.perform(Task(DAILY_ANALYSIS, CLIENT, MONDAY, MONDAY)), read_client(brain)


def probe_weekly_report() -> object:
    """Write the report of the client's last week."""
    brain = open_client()
    return brain.perform(Task(WEEKLY_REPORT, CLIENT, MONDAY, MONDAY)), read_client(brain)


def probe_advice() -> object:
    """Analyse the client's last day, which measures moves and draws a slate; few series are watched, to be quick."""
    tree = read_tree("brain_analysis")
    with changed_file("brain_analysis", AnalysisConfig, replace(tree, ("alarms", "metrics"), ["events"])):
        return probe_daily_analysis()


def open_client() -> Brain:
    """Return a Brain that knows the client: its daily sums, earlier moves, and answers to them."""
    brain = build_memory_brain(ManualClock(MONDAY))
    brain.log = _raise_failures
    Clients(brain.store).put(Client(CLIENT, "Acme", "agency", currency="EUR"))
    for path, document in _build_documents():
        brain.store.set(path, document)
    return brain


def _raise_failures(event: str, *, error: Exception | None = None, **_: Any) -> None:
    if error:
        raise AssertionError(event) from error


def read_client(brain: Brain) -> dict[str, object]:
    """Return everything that the jobs left about the client."""
    collections = [brain.store.query(f"clients/{CLIENT}/{name}") for name in COLLECTIONS]
    return {snapshot.path: snapshot.data for snapshots in collections for snapshot in snapshots}


@cache
def _build_documents() -> list[tuple[str, dict[str, Any]]]:
    config = load_config("brain_scoring", ScoringConfig)
    scorer = Scorer({}, Weights(), as_of=MONDAY, time_zone=ZoneInfo("UTC"), config=config)
    scorer.score_all(sorted(_simulate_events(), key=lambda event: event.occurred_at))
    moves = list(_build_moves())
    advice = AdviceState("2026-W46", (), [move for move, _ in moves])
    documents = [
        (paths.state(CLIENT, RECENT), {"days": scorer.days, "breakdowns": scorer.breakdowns, "content": []}),
        (paths.state(CLIENT, ADVICE), advice.to_document()),
    ]
    answers = [(move, age) for move, age in moves if age % 3 == 0]
    for move, age in answers:
        answer = {"client_id": CLIENT, "recommendation_id": move.recommendation_id, "user_id": "reader"}
        answered_at = move.shown_at + timedelta(hours=5)
        answer |= {"status": "accepted" if age % 2 else "dismissed", "updated_at": answered_at}
        documents.append((paths.feedback(CLIENT, move.recommendation_id), answer))
    return documents


def _simulate_events() -> Iterator[Event]:
    rng = random.Random(3)  # noqa: S311 - a simulation
    for age in range(DAYS, 0, -1):
        day = MONDAY.replace(hour=0) - timedelta(days=age)
        yield from _simulate_posts(rng, age, day)
        if age % 2 and age > 7:  # every other day, and then silence
            yield _build_event(day, 12, "tiktok", "video", engagements=80 + age % 9, audience_size=4000)
        if 100 <= age < 140:
            yield _build_event(day, 9, "instagram", "photo", engagements=50 + age % 7, audience_size=3000)
        yield _build_event(
            day,
            7,
            "email",
            "newsletter",
            sends=12,
            opens=4 + rng.randrange(3),
            clicks=rng.randrange(3),
            bounces=age % 3 // 2,
        )
        if age > 14 or age % 3:
            cost = 30 if age > 7 else 60
            yield _build_event(
                day, 6, "meta_ads", "ad", impressions=3000, clicks=40 + age % 5, conversions=6.0 - age % 3,
                spend=float(cost + rng.randrange(5)), currency="EUR",
            )  # fmt: skip


def _simulate_posts(rng: random.Random, age: int, day: datetime) -> Iterator[Event]:
    """Yield LinkedIn posts, more in some weeks than in others, whose rates depend on type, hour and weekday."""
    for number in range(1 + age // 7 % 3):
        hour = (8, 13, 18)[number]
        kind = "video" if age in (5, 9, 12, 17, 20, 23, 26, 33, 36) else rng.choice(("carousel", "photo", "text"))
        ratio = {"carousel": 2.2, "photo": 1.0, "text": 0.5, "video": 1.2}[kind]
        ratio *= (1.6 if hour == 8 else 1.0) * (1.5 if day.weekday() == 1 else 1.0) * (0.6 if age <= 7 else 1.0)
        ratio *= 4.0 if age == 2 else 1.0
        audience = 6000 - 10 * age
        engagements = round(0.02 * audience * ratio / (1 + age // 7 % 3) ** 0.5 * math.exp(rng.gauss(0, 0.35)))
        yield _build_event(
            day, hour, "linkedin", kind, engagements=engagements, impressions=engagements * 15,
            audience_size=audience if age % 11 else None,
        )  # fmt: skip


def _build_event(day: datetime, hour: int, platform: str, content_type: str, **metrics: Any) -> Event:
    at = day + timedelta(hours=hour, minutes=1)
    return Event(
        event_id=f"{platform}-{at:%Y%m%d%H}",
        client_id=CLIENT,
        feed_type=FeedType.CUSTOM,
        occurred_at=at,
        received_at=at,
        platform=platform,
        content_type=content_type,
        **metrics,
    )


def _build_moves() -> Iterator[tuple[MoveRecord, int]]:
    """Yield moves with their age in days, some with an outcome, some due for one, some too young."""
    cases = (
        ("format_wins", "carousel on linkedin", "linkedin", "engagement_rate"),
        ("email_clicks_low", "email", "email", "click_rate"),
        ("ad_cost_rising", "meta_ads", "meta_ads", "cost_per_conversion_trend"),
        ("audience_unknown", "linkedin", "linkedin", "audience_known_share"),
    )
    for number, age in enumerate(
        (90, 80, 70, 60, 57, 54, 51, 45, 42, 39, 33, 30, 27, 24, 21, 18, 17, 16, 15, 14, 13, 9)
    ):
        code, subject, platform, metric = cases[number % len(cases)]
        shown_at = MONDAY - timedelta(days=age)
        outcome = {
            "measured_at": shown_at + timedelta(days=15), "effect": 0.3 - number / 40, "standard_error": 0.1,
            "observations_before": 20, "observations_after": 10,
        }  # fmt: skip
        record = {
            "recommendation_id": f"rec_{number}", "reason_code": code, "subject": subject, "platform": platform,
            "metric": metric, "title": code, "period": f"2026-W{46 - age // 7}", "shown_at": shown_at,
            "move_type": "exploit", "held_back": False, "policy_version": "moves-1", "propensity": 0.2, "chance": 0.2,
            "chance_even": 0.1, "chance_before": 0.15, "outcome": outcome if age > 20 else None,
        }  # fmt: skip
        yield MoveRecord(**record), age


FILES = (
    SettingsFile(
        "brain_analysis",
        AnalysisConfig,
        {"*": [probe_daily_analysis, probe_weekly_report]},
        values={"metrics": ["opens"]},
    ),
    SettingsFile("brain_advice", AdviceConfig, {"*": [probe_advice]}, values={"kept_moves": [10]}),
)
