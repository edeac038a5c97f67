"""What becomes of moves: outcomes by hand, what cannot be measured, beliefs of a month ago, and what a class shares."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from unit.advice_loop.test_advice_value import build_outcome, move
from unit.advice_loop.test_sections import bare_facts

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.steps import DAILY_ANALYSIS, WEEKLY_REPORT
from brain.domain.recommendations import follow_up, move_records
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.class_priors import pool_class_priors
from brain.domain.recommendations.outcome_measurement import is_measurable, measure_change
from brain.errors import StoreUnavailableError
from brain.repositories import paths
from brain.repositories.analysis.recommendations import ADVICE as STATE
from brain.repositories.analysis.recommendations import Recommendations
from brain.repositories.gateway import ingest_counters
from brain.services.analysis.daily_analysis import DailyAnalysis
from brain.services.analysis.parts import PartResult, run_parts
from brain.services.analysis.recommend import Recommend
from brain.services.analysis.share_moves import ShareMoves
from brain.services.analysis.stored_aggregates import read_aggregates
from brain.services.analysis.weekly_report import WeeklyReport
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import (
    ADVICE,
    ANALYSIS,
    DETECTOR,
    MOVE_CATALOGUE,
    RecentDays,
    build_facts,
    fail_on_error,
    read_advice_state,
    read_section,
    run_job,
    store_client,
    store_recent_days,
)
from brain.testing.simulations.client import store_events
from brain.testing.simulations.posts import MONDAY, simulate_posts

SHOWN = MONDAY + timedelta(days=30)
LEAST = ANALYSIS.comparisons.minimum_events


def day(k):
    """A day so many after the move was shown."""
    return (SHOWN + timedelta(days=k)).date().isoformat()


def measured_change(days, metric, platform="email"):
    """The change of a metric around the move."""
    return measure_change(days, metric, platform, SHOWN.date(), ADVICE.outcomes, LEAST)


def rated(logs):
    """Sums of events with these log rates."""
    milli = [round(1000 * log) for log in logs]
    return {
        "events": len(milli), "engaged": len(milli), "rated": len(milli),
        "log_rate_milli": sum(milli), "log_rate_milli_squared": sum(m * m for m in milli),
    }  # fmt: skip


def test_engagement_is_compared_platform_by_platform():
    """Twice as much on one, the same on another that is told as precisely: the root of two on the whole."""
    days = {day(k): {} for k in range(-10, 10)}
    for k in range(-10, 10):
        low, high = (-4.1, -3.9) if k % 2 else (-3.9, -4.1)
        days[day(k)] = {
            "a|x": rated([low + (math.log(2) if k >= 0 else 0), high + (math.log(2) if k >= 0 else 0)]),
            "b|x": rated([low, high]),
            "email|email": {"events": 3, "sends": 3, "engaged": 1},
        }
    change = measured_change(days, "engagement_rate", None)
    assert change.effect == pytest.approx(math.sqrt(2) - 1, abs=1e-3)
    assert (change.observations_before, change.observations_after) == (40, 40)
    assert measured_change(days, "engagement_rate", "a").effect == pytest.approx(1.0, abs=1e-3)
    assert measured_change({day(0): {"a|x": rated([-4.0] * 20)}}, "engagement_rate", "a") is None
    still = {day(k): {"a|x": rated([-4.0, -4.0])} for k in range(-10, 10)}
    assert measured_change(still, "engagement_rate", "a") is None  # without scatter there is no error to state


@pytest.mark.parametrize(
    ("metric", "denominators", "part", "before", "after", "effect"),
    [
        ("open_rate", {"sends": 1000}, "opens", 200, 300, 0.5),
        ("bounce_rate", {"sends": 1000}, "bounces", 40, 10, 0.75),
        ("click_rate", {"impressions": 10000}, "clicks", 100, 150, 0.5),
        ("click_rate", {"sends": 1000}, "clicks", 100, 150, 0.5),
        ("unsubscribe_rate", {"sends": 1000}, "unsubscribes", 20, 40, -1.0),
        ("audience_known_share", {"engaged": 100}, "rated", 40, 80, 1.0),
        ("cost_per_conversion_trend", {"conversions_milli": 20000}, "spend_micros", 10**7, 5 * 10**6, 0.5),
    ],
)
def test_rates_change_in_the_direction_that_the_move_wants(metric, denominators, part, before, after, effect):
    """Fewer bounces are better; the error comes from how the days scatter, and days all alike state none."""
    days = {}
    for k in range(-12, 12):
        value = round((after if k >= 0 else before) * (1.1 if k % 2 else 0.9))
        days[day(k)] = {"email|email": {"events": 1, part: value, **denominators}}
    change = measured_change(days, metric)
    assert change.effect == pytest.approx(effect)
    assert 0 < change.standard_error < 0.1
    assert (change.observations_before, change.observations_after) == (12, 12)
    same = {d: {"email|email": {"events": 1, part: before, **denominators}} for d in days}
    assert measured_change(same, metric) is None


def test_a_rate_needs_days_on_both_sides_and_something_before():
    """Four days are too few, and a share of nothing is none."""
    few = {day(k): {"email|email": {"sends": 100, "opens": 20 + k}} for k in range(-4, 10)}
    assert measured_change(few, "open_rate") is None
    nothing = {day(k): {"email|email": {"sends": 100, "opens": max(k, 0)}} for k in range(-10, 10)}
    assert measured_change(nothing, "open_rate") is None
    unsent = {day(k): {"email|email": {"sends": 0, "opens": 5}} for k in range(-10, 10)}
    assert measured_change(unsent, "open_rate") is None


def test_some_metrics_cannot_be_measured_from_what_is_stored():
    """And moves on them say so once."""
    assert not is_measurable("comment_rate")
    facts = replace(bare_facts(), end=(MONDAY + timedelta(days=15)).date())
    (closed,) = follow_up.measure_outcomes([move(1, metric="comment_rate")], facts, ADVICE)
    assert closed.closed == "comment_rate cannot be measured from what is stored"
    assert follow_up.measure_outcomes([closed], facts, ADVICE) == [closed]
    (little,) = follow_up.measure_outcomes([move(1)], facts, ADVICE)
    assert little.closed.startswith("too little was reported")
    (waiting,) = follow_up.measure_outcomes([move(1)], replace(facts, end=(MONDAY + timedelta(days=14)).date()), ADVICE)
    assert waiting == move(1)


def test_answers_are_looked_for_while_they_matter():
    """Eight weeks, and never to what was not shown."""
    old = move(1, shown_at=MONDAY - timedelta(days=60))
    facts = replace(bare_facts(), as_of=MONDAY + timedelta(days=1))
    assert follow_up.list_answerable([old, move(2), move(3, held_back=True)], facts, ADVICE) == [
        move(2).recommendation_id
    ]


def test_last_months_policy_believes_what_was_known_then():
    """An outcome measured since is not there, an answer since neither, and a move since neither."""
    store = SqliteStore(":memory:", ManualClock(MONDAY))
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, 35, ratio=1.8))
    moves = tuple(
        move(
            k,
            shown_at=MONDAY - timedelta(days=7 * k),
            outcome=build_outcome(0.3),
            answer={"status": "done", "at": MONDAY},
        )
        for k in range(4)
    )
    first = MONDAY + timedelta(days=35, hours=6)
    store.set(paths.state("acme", STATE), AdviceState("2026-W30", (), moves).to_document())
    facts = build_facts(read_aggregates(store, "acme"), first)
    done = Recommend(store, MOVE_CATALOGUE, ADVICE)(read_aggregates(store, "acme"), facts)
    new = [m for m in done.report_fields["advice"].moves if m.period == "2026-W41"]
    winners = [m for m in new if m.reason_code == "format_wins"]
    assert all(m.chance_before < m.chance for m in winners)
    fresh = SqliteStore(":memory:", ManualClock(MONDAY))
    store_recent_days(fresh, "acme", simulate_posts("acme", MONDAY, 35, ratio=1.8))
    again = Recommend(fresh, MOVE_CATALOGUE, ADVICE)(read_aggregates(fresh, "acme"), facts)
    assert all(m.chance_before == pytest.approx(m.chance) for m in again.report_fields["advice"].moves)
    store.close()
    fresh.close()


@pytest.mark.parametrize(
    ("subject", "platform"),
    [("linkedin", "linkedin"), ("photo on linkedin", "linkedin"), ("18:00", None), (None, None)],
)
def test_a_move_is_measured_where_its_subject_is(subject, platform):
    """Or on all that publish."""
    assert move_records.parse_subject_platform(subject, ["email", "linkedin"]) == platform


def test_a_class_shares_what_five_clients_saw_and_no_less():
    """Held-back and dismissed moves tell nothing of the move; small verticals share with all."""
    good = tuple(move(k, outcome=build_outcome(0.3)) for k in range(3))
    refused = (move(9, outcome=build_outcome(0.3), answer={"status": "dismissed", "at": MONDAY}),)
    held = (move(9, outcome=build_outcome(0.3), held_back=True),)
    records = {f"c{k}": ("agency", good) for k in range(4)} | {"r": ("agency", refused), "h": ("agency", held)}
    assert pool_class_priors(records, MOVE_CATALOGUE.policy) == {}
    shared = pool_class_priors(records | {"other": (None, good)}, MOVE_CATALOGUE.policy)
    assert set(shared) == {"all"}
    both = pool_class_priors(records | {"fifth": ("agency", good)}, MOVE_CATALOGUE.policy)
    assert set(both) == {"all", "agency"}
    prior = both["agency"]["format_wins"]
    assert (prior.clients, prior.effect_mean) == (5, pytest.approx(0.3))


def test_shared_beliefs_are_written_once_a_week_and_used_by_a_new_client():
    """Five agencies saw it work; the sixth believes so before its own first outcome, and their names stay theirs."""
    pooled_at = MONDAY + timedelta(days=35, hours=7)
    store = SqliteStore(":memory:", ManualClock(pooled_at))
    for k in range(6):
        client = f"agency{k}"
        store_client(store, client)
        for mark in ingest_counters.build_activity_marks(client, pooled_at):
            store.set(mark.path, mark.data, merge=True)
        if k < 5:
            own = tuple(move(10 * k + n, outcome=build_outcome(0.4)) for n in range(4))
            store.set(paths.state(client, STATE), AdviceState("2026-W30", (), own).to_document())
    follows = []

    def then(lease):
        follows.append(lease)
        return lease.finish([], {"learned": 1})

    for days in (0, 1):
        when = pooled_at + timedelta(days=days)
        assert (
            run_job(ShareMoves(store, MOVE_CATALOGUE.policy, then), "brainLearning", store, "*", when)["learned"] == 1
        )
    assert len(follows) == 2
    stored = store.get(paths.model("moves")).data
    assert (stored["period"], set(stored["classes"])) == ("2026-W41", {"all", "agency"})
    assert "agency0" not in str(stored)
    assert Recommendations(store).load_priors("agency")["format_wins"].clients == 5
    assert Recommendations(store).load_priors("unheard of")["format_wins"].clients == 5
    RecentDays(store, "agency5").add(simulate_posts("agency5", MONDAY, 35, ratio=1.8))
    aggregates = read_aggregates(store, "agency5")
    done = Recommend(store, MOVE_CATALOGUE, ADVICE)(aggregates, build_facts(aggregates, pooled_at))
    log = next(w.data for w in done.writes if w.path == paths.slate("agency5", "2026-W41"))
    works = next(c["works"] for c in log["candidates"] if c["reason_code"] == "format_wins")
    assert works["successes"] / sum(works.values()) > 0.8
    assert read_advice_state(store, "agency5") == AdviceState()
    store.close()


def test_the_wired_brain_advises_predicts_shares_and_reports():
    """Dispatched for all clients, as deployed: the daily job, the learning that follows it, and the weekly report."""
    monday = MONDAY + timedelta(days=35)
    secrets = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key"})
    brain = bootstrap.build_brain(
        read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=ManualClock(monday), secrets=secrets
    )
    store_events(brain.store, *simulate_posts("acme", monday - timedelta(days=30), 30, ratio=1.8))
    for job, hours in (("brainHourlyScores", 0), ("brainDailyAnalysis", 6), ("brainWeeklyReport", 9)):
        assert brain.run_job(job, monday + timedelta(hours=hours))["status"] == "success"
    assert brain.store.get(paths.model("moves")).data["period"] == "2026-W41"
    for name, status in (("predictions", "ok"), ("recommendations", "ok"), ("policy", "not_enough_data")):
        assert read_section(brain.store, "acme", "week", name)["status"] == status
    brain.store.close()


def test_a_part_that_fails_costs_the_reader_its_own_sections_alone():
    """What another attempt may heal is tried again instead."""
    failed = []

    def broken(_known, _facts):
        raise KeyError("a fault of ours")

    def working(_known, _facts):
        return PartResult({"advice": AdviceState("2026-W41")}, (), {"moves_drawn": 0})

    parts = {("predictions",): broken, ("recommendations",): working}
    facts, done = run_parts(parts, None, bare_facts(), lambda failed_part, _error: failed.append(failed_part))
    assert (facts.failed_sections, facts.advice.period) == ({"predictions"}, "2026-W41")
    assert (failed, done.figures) == (["predictions"], {"moves_drawn": 0})

    def away(_known, _facts):
        raise StoreUnavailableError("of this test")

    with pytest.raises(StoreUnavailableError):
        run_parts({("policy",): away}, None, bare_facts(), fail_on_error)


@pytest.mark.parametrize(("job", "analysis"), [(DAILY_ANALYSIS, DailyAnalysis), (WEEKLY_REPORT, WeeklyReport)])
def test_a_run_with_a_failed_part_names_it_in_its_figures(job, analysis):
    """An operator sees it in the run's record, without reading the report."""
    store = SqliteStore(":memory:", ManualClock(MONDAY))
    failed = []

    def broken(_aggregates, _facts):
        raise ValueError("an error of this test")

    def report_error(part, error):
        failed.append((part, type(error)))

    rendering = (lambda _report: "",) if analysis is WeeklyReport else ()
    work = analysis(store, ANALYSIS, DETECTOR, report_error, *rendering, {("predictions", "recommendations"): broken})
    figures = run_job(work, job, store, "acme", MONDAY)
    assert figures["status"] == "success"
    assert figures["failed_parts"] == ["predictions", "recommendations"]
    assert failed == [("predictions", ValueError)]
    store.close()


def test_a_wrong_file_of_constants_is_named():
    """With the place."""
    with pytest.raises(ValidationError, match=r"readings\n  Field required"):
        AdviceConfig.model_validate({"outcomes": ADVICE.outcomes.model_dump()})
