"""Predictions and slates of the daily job: coverage of intervals, exploration, control, false claims, and time."""

import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.scorer import Scorer
from brain.domain.events import Event
from brain.domain.predictions import weekly_grid
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.outlook import NOMINAL_LEVEL, ContentOutlook
from brain.domain.predictions.recent_content import MAX_CONTENT, build_content_row
from brain.domain.recommendations import move_records
from brain.domain.recommendations.advice import Advice, advise
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.context_builder import build_context
from brain.domain.reports.facts import ReportFacts
from brain.domain.scoring import ScoringConfig, Weights
from brain.settings.files import load_config
from brain.testing.simulations.posts import MONDAY, simulate_posts

UTC_ZONE = ZoneInfo("UTC")
PREDICTIONS = load_config("brain_predictions", PredictionConfig)
TRIGGERS = load_config("triggers", MoveCatalogue)
ADVICE = load_config("brain_advice", AdviceConfig)
WEEKS, SEEDS, CLIENTS, PAST_DAYS = 26, 8, 300, 35
CLAIMS = ("format_wins", "format_loses", "hour_wins", "weekday_wins", "engagement_falling", "engagement_rising")


def run() -> None:
    """Print the coverage of weekly predictions and the shares of first slates."""
    clients = f"intervals of {NOMINAL_LEVEL:.0%}, {SEEDS} clients, {WEEKS} weeks"
    print(f"{clients:<42}{'covered':>8}{'of':>8}  by client")
    for name, ratio in (("null", 1.0), ("planted", 1.6)):
        for adapted in (True, False):
            _coverage(name, ratio, adapted=adapted)
    columns = f"{'claiming':>9}{'planted format':>16}{'slots':>8}{'explored':>10}{'moves':>7}{'held back':>11}"
    print(f"\n{f'first slates of {CLIENTS} clients':<31}{columns}{'ms per client':>15}")
    for name, ratio in (("null", 1.0), ("planted", 1.8)):
        _slates(name, ratio)


def _coverage(name: str, ratio: float, *, adapted: bool) -> None:
    """Simulate weeks of three posts per day; compare each post with the interval predicted before it."""
    outlooks = [_played(seed, ratio, adapted=adapted) for seed in range(SEEDS)]
    judged, right = sum(o.judged_count for o in outlooks), sum(o.covered_count for o in outlooks)
    shares = [o.covered_count / o.judged_count for o in outlooks]
    label = f"{name}, {'adaptive' if adapted else 'fixed'} level"
    print(f"{label:<42}{right / judged:>8.1%}{judged:>8}  {min(shares):.1%} to {max(shares):.1%}")


def _played(seed: int, ratio: float, *, adapted: bool) -> ContentOutlook:
    rows = [
        row
        for event in simulate_posts("acme", MONDAY, 7 * WEEKS, ratio=ratio, seed=seed)
        if (row := build_content_row(event))
    ]
    outlook = ContentOutlook()
    for day in range(1, 7 * WEEKS):
        at = MONDAY + timedelta(days=day, hours=6)
        known = [row for row in rows if row["at"] < at][-MAX_CONTENT:]
        outlook = outlook.with_judged(weekly_grid.judge_content(known, outlook, at, UTC_ZONE))
        if at.weekday() == 0 or not outlook.grids:
            asked = outlook.level if adapted else NOMINAL_LEVEL
            grid, shortage = weekly_grid.predict_week(known, f"day {day}", at, UTC_ZONE, PREDICTIONS, asked)
            outlook = outlook.with_grid(grid) if grid else replace(outlook, shortage=shortage)
    return outlook


def _slates(name: str, ratio: float) -> None:
    """Draw the first slate of many clients, each with its own history."""
    at = MONDAY + timedelta(days=PAST_DAYS, hours=6)
    worlds = [
        _facts(f"c{n}", list(simulate_posts(f"c{n}", MONDAY, PAST_DAYS, ratio=ratio)), at) for n in range(CLIENTS)
    ]
    started = time.perf_counter()
    slates = [_advice(facts) for facts in worlds]
    for slate in slates:
        move_records.build_move_records(slate, ["linkedin"], timedelta(days=ADVICE.policy_before_days))
    seconds = time.perf_counter() - started
    places = [place for slate in slates for place in slate.slots]
    drawn = [place for place in places if place.drawn]
    sure = [{c.reason_code for c in slate.eligible if c.conditions is ConditionStatus.HOLDS} for slate in slates]
    claimed = sum(bool(codes & set(CLAIMS)) for codes in sure)
    found = sum("format_wins" in codes for codes in sure)
    explored = sum(place.explored for place in places) / len(places)
    held_back = sum(place.held_back for place in drawn) / len(drawn)
    shares = f"{len(places):>8}{explored:>10.1%}{len(drawn):>7}{held_back:>11.1%}"
    print(f"{name:<31}{claimed:>9}{found:>16}{shares}{1000 * seconds / CLIENTS:>15.0f}")


def _facts(client_id: str, events: list[Event], at: datetime) -> ReportFacts:
    config = load_config("brain_scoring", ScoringConfig)
    scorer = Scorer({}, Weights(), as_of=at, time_zone=UTC_ZONE, config=config)
    scorer.score_all(events)
    end: date = at.date()
    analysis = load_config("brain_analysis", AnalysisConfig)
    client = Client(client_id, client_id)
    return ReportFacts(
        client=client,
        start=end - timedelta(days=1),
        end=end,
        as_of=at,
        days=scorer.days,
        incidents=(),
        series_ready=1,
        series_warming=0,
        config=analysis,
        breakdowns=scorer.breakdowns,
    )


def _advice(facts: ReportFacts) -> Advice:
    context = build_context(facts, AdviceState(), {}, TRIGGERS, ADVICE.readings)
    return advise(context, TRIGGERS, seed=move_records.derive_seed(facts.client.client_id, context.named_period))
