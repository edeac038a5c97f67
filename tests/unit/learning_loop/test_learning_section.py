"""The section on learning: what a marketer reads of beliefs, of being right, and of models compared."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.anomaly import AnomalyConfig
from brain.domain.anomaly.incidents import Incident
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.learning.summary import ComparisonSummary, CoverageCount, LearningSummary, WeightsSnapshot
from brain.domain.reports import learning
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import SectionStatus
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.daily_analysis import DailyAnalysis
from brain.services.analysis.read_learning import ReadLearning
from brain.services.jobs.run_once import run_once
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.agency import LEARNING_CONFIG, LIMIT, START, simulate_agency

ANALYSIS = load_config("brain_analysis", AnalysisConfig)
DETECTOR = load_config("brain_anomaly", AnomalyConfig)
MONDAY = date(2026, 11, 9)
AS_OF = datetime(2026, 11, 16, 9, tzinfo=UTC)
ONES = dict.fromkeys(COMPONENTS, 1.0)
EARLY = WeightsSnapshot(AS_OF - timedelta(days=10), "learned-3", {**ONES, "engagement": 0.9}, 120)
LATE = WeightsSnapshot(AS_OF - timedelta(days=2), "learned-8", {**ONES, "engagement": 0.5, "authenticity": 1.4}, 400)
INCIDENT = Incident("ano_1", "linkedin", "2026-11-10", "2026-11-11", ())
LEARNED = LearningSummary(weights_history=(EARLY, LATE), served_by="shared", outcome_count=400)


def section(learned, *incidents):
    """Return the section of the week from a Monday on."""
    facts = ReportFacts(
        client=Client("acme", "Acme"),
        start=MONDAY,
        end=MONDAY + timedelta(days=7),
        as_of=AS_OF,
        days={},
        incidents=incidents,
        series_ready=1,
        series_warming=0,
        config=ANALYSIS,
        learning=learned,
    )
    return learning.build_section(facts)


def text(learned, *incidents):
    """Return the section's sentences as one text."""
    return "\n".join(section(learned, *incidents).lines)


def comparison(kind, decision="continue", improvement=0.08, interval=(0.01, 0.15)):
    """Return a comparison on 540 outcomes."""
    models = ("learned-1", "challenger-1-50")
    return ComparisonSummary(kind, *models, AS_OF, decision, 540, improvement, interval, "of this test")


def test_a_report_without_the_engine_says_so():
    """Nothing is faked."""
    assert section(None).status is SectionStatus.ABSENT


def test_before_the_first_outcome_it_says_what_one_takes_and_what_was_left_out():
    """The reader learns why: content was counted only once."""
    rendered = section(LearningSummary(excluded={"not_seen_again": 1234}), INCIDENT)
    assert rendered.status is SectionStatus.NOT_ENOUGH_DATA
    assert "counted early and again when it has matured" in rendered.lines[0]
    assert "1\u202f234 pieces of content that were counted only once" in "\n".join(rendered.lines)
    assert "nobody answered the 1 alarm" in "\n".join(rendered.lines)


def test_beliefs_are_said_as_what_they_mean_for_content():
    """Before the period, now, and by definition; only those that moved."""
    rendered = text(LEARNED)
    assert "the outcomes of all clients together" in rendered
    assert (
        "Content that starts with twice the usual engagement rate is now expected to end 23% above the usual score; "
        "before this period 45% above the usual score, by definition 52% above the usual score." in rendered
    )
    assert "a fifth less authenticity is now expected to end 27% below" in rendered
    assert "growth" not in rendered
    rows = {row[0]: row[1:4] for row in section(LEARNED).rows}
    assert rows["engagement"] == ("0.90", "0.50", "1.00")
    assert section(LEARNED).rows[2][4] == "not learned yet: as defined"
    assert section(LEARNED).figures["weights_before"] == EARLY.weights


def test_beliefs_that_stayed_are_said_to_have_stayed():
    """With whose outcomes they come from."""
    rendered = text(replace(LEARNED, weights_history=(EARLY,), served_by="own"))
    assert "No belief moved by more than 0.02" in rendered
    assert "your own outcomes alone" in rendered


def test_beliefs_before_the_first_are_the_definition():
    """Nothing was believed before something was learned."""
    assert "before this period 52% above the usual score" in text(replace(LEARNED, weights_history=(LATE,)))


def test_without_proof_the_definition_serves_and_the_reader_is_told_why():
    """Own outcomes or five clients: neither has proven other weights."""
    rendered = section(LearningSummary(outcome_count=80))
    assert "neither your own outcomes nor those of at least five clients" in rendered.lines[0]
    assert (rendered.rows, rendered.columns) == ((), ())
    assert rendered.figures["weights_now"] is None


@pytest.mark.parametrize(
    ("right", "verdict"), [(162, "as promised"), (120, "too often wrong"), (199, "too cautious"), (None, "Too few")]
)
def test_calibration_says_what_was_promised_and_what_was_right(right, verdict):
    """Within what chance explains it is as promised."""
    weeks = {"2026-W40": CoverageCount(150, right - 30), "2026-W46": CoverageCount(50, 30)} if right else {}
    rendered = text(replace(LEARNED, coverage_by_week=weeks))
    assert verdict in rendered
    if right:
        assert f"said 80%; {right / 200:.0%} of 200" in rendered
        assert "In the weeks of this report: 30 of 50." in rendered


def test_the_periods_own_record_is_not_said_twice():
    """When all there is lies in the period."""
    weeks = {"2026-W46": CoverageCount(50, 40)}
    assert "In the weeks of this report" not in text(replace(LEARNED, coverage_by_week=weeks))


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (comparison("promotion"), "A new model against the one in use then (challenger-1-50 against learned-1): error"),
        (comparison("promotion", "promote"), "error 8.0% lower (between -1.0% and -15.0%) on 540 outcomes; promoted"),
        (comparison("promotion", "keep", -0.02), "error 2.0% higher"),
        (comparison("rollback"), "The model that was replaced against the one that replaced it"),
        (comparison("rollback", "promote"), "taken back into use"),
        (comparison("own", "keep"), "Weights of your own against the shared ones: error"),
        (comparison("own", interval=None), "(no bounds yet) on 540 outcomes; still open"),
        (comparison("own", improvement=None), "errors cannot be compared"),
    ],
)  # fmt: skip
def test_the_score_board_says_who_stands_against_whom(shown, says):
    """With the number of outcomes, the bounds, the decision and its reason."""
    rendered = section(replace(LEARNED, comparisons=(shown,)))
    assert says in "\n".join(rendered.lines)
    assert rendered.figures["duels"][0]["n"] == 540


def test_without_a_rival_the_score_board_says_so_and_failed_standards_are_named():
    """No line is left out in silence."""
    assert "No other model stands against the one in use" in text(LEARNED)
    assert "fail gold standards" in text(replace(LEARNED, gold_failures=("model-typical-post-in-sight",)))


def test_alarms_that_were_answered_are_counted():
    """And those of other weeks are no matter."""
    other = replace(INCIDENT, incident_id="ano_2", since="2026-10-01", until="2026-10-02")
    answered = replace(LEARNED, alarm_answers={"ano_1": "done"})
    assert "1 of 1 were answered (done 1)" in text(answered, INCIDENT, other)
    assert "Alarms" not in text(LEARNED, other)


def test_what_is_not_known_is_said():
    """No outcome speaks about age."""
    assert "how fast attention fades" in text(LEARNED)


@pytest.fixture(scope="module")
def taught():
    """One client that was learned from alone, and a store in which nothing happened."""
    return simulate_agency(days=3, posts=30, slope=0.5)[0]


def daily(store, client):
    """Return the day's section on learning, as stored, and what failed."""
    scheduled_at = START + timedelta(days=4, hours=6)
    failed = []
    parts = {("learning",): ReadLearning(store, LEARNING_CONFIG)}
    analysis = DailyAnalysis(store, ANALYSIS, DETECTOR, lambda what, error: failed.append((what, error)), parts)
    task = Task("brainDailyAnalysis", client, scheduled_at, scheduled_at)
    run_once(Runs(store), task, analysis, time_limit=LIMIT, clock=ManualClock(scheduled_at))
    report = store.get(paths.view(client, "day")).data
    return next(s for s in report["sections"] if s["name"] == "learning"), failed


def test_the_daily_report_reads_what_was_learned(taught):
    """The sole client is served by what was learned from it."""
    taught.set(paths.feedback("acme", "ano_1"), {"status": "done"})
    rendered, failed = daily(taught, "acme")
    assert (rendered["status"], failed) == ("ok", [])
    assert rendered["figures"]["served_by"] == "own"
    assert rendered["figures"]["weights_now"]["engagement"] < 0.9
    assert rendered["figures"]["asked"] > 60


def test_a_stranger_reads_nothing_of_it(taught):
    """Neither weights nor duels of a model that one other client alone was learned from."""
    rendered, _ = daily(taught, "stranger")
    assert rendered["status"] == "not_enough_data"
    assert rendered["figures"] == {}


def test_answers_to_the_periods_alarms_are_read():
    """By the alarm's id, as the page stores them."""
    store = SqliteStore(":memory:", ManualClock(AS_OF))
    store.set(paths.feedback("acme", "ano_1"), {"status": "dismissed"})
    known = type("Known", (), {"client": Client("acme", "Acme")})()
    part = ReadLearning(store, LEARNING_CONFIG)
    facts = ReportFacts(
        client=Client("acme", "Acme"),
        start=MONDAY,
        end=MONDAY + timedelta(days=7),
        as_of=AS_OF,
        days={},
        incidents=[INCIDENT],
        series_ready=1,
        series_warming=0,
        config=ANALYSIS,
    )
    assert part(known, facts).report_fields["learning"].alarm_answers == {"ano_1": "dismissed"}


def test_a_broken_model_fails_the_section_and_spares_the_report():
    """The reader gets the rest, and we are told."""
    store = SqliteStore(":memory:", ManualClock(START))
    store.set(paths.model("score"), {"state": 1})
    rendered, failed = daily(store, "acme")
    assert rendered["status"] == "failed"
    assert failed[0][0] == "learning"
